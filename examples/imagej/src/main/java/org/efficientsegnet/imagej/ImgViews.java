// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.imagej;

import net.imglib2.RandomAccessibleInterval;
import net.imglib2.converter.Converters;
import net.imglib2.img.Img;
import net.imglib2.img.array.ArrayImgs;
import net.imglib2.type.logic.BoolType;
import net.imglib2.type.numeric.RealType;
import net.imglib2.type.numeric.integer.UnsignedByteType;
import net.imglib2.type.numeric.real.FloatType;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Volume;
import org.efficientsegnet.volume.Voxels;

/**
 * Volumes and label maps as images of imglib2, dimensions x, y, z. Nothing is copied: who writes to an image writes to the
 * array behind it, which must not happen while a volume is being segmented. How the axes lie in the patient is known to
 * {@link Volume#geometry} alone. Thread-safe.
 */
public final class ImgViews {

    private ImgViews() {}

    /** A volume's stored values, in their own type; see {@link #hu} for Hounsfield units. */
    public static Img<? extends RealType<?>> stored(Volume volume) {
        long[] size = size(volume.shape());
        Voxels voxels = volume.voxels();
        if (voxels instanceof Voxels.Bytes b) {
            return b.unsigned() ? ArrayImgs.unsignedBytes(b.values(), size) : ArrayImgs.bytes(b.values(), size);
        }
        if (voxels instanceof Voxels.Shorts s) {
            return s.unsigned() ? ArrayImgs.unsignedShorts(s.values(), size) : ArrayImgs.shorts(s.values(), size);
        }
        if (voxels instanceof Voxels.Ints i) {
            return i.unsigned() ? ArrayImgs.unsignedInts(i.values(), size) : ArrayImgs.ints(i.values(), size);
        }
        return ArrayImgs.floats(((Voxels.Floats) voxels).values(), size);
    }

    /** A volume's Hounsfield units, computed where they are looked at; cannot be written to. */
    public static RandomAccessibleInterval<FloatType> hu(Volume volume) {
        return hu(stored(volume), volume.slope(), volume.intercept());
    }

    private static <T extends RealType<T>> RandomAccessibleInterval<FloatType> hu(
            Img<? extends RealType<?>> stored, double slope, double intercept) {
        // Each of the types above is a RealType of itself, which a wildcard cannot say.
        @SuppressWarnings("unchecked")
        Img<T> values = (Img<T>) stored;
        return Converters.convert(
                (RandomAccessibleInterval<T>) values,
                (from, to) -> to.setReal(slope * from.getRealDouble() + intercept),
                new FloatType());
    }

    /** The labels. */
    public static Img<UnsignedByteType> labels(LabelMap labels) {
        return ArrayImgs.unsignedBytes(labels.labels(), size(labels.shape()));
    }

    /**
     * Where one organ is; cannot be written to.
     *
     * @param name as {@link LabelMap#names} has it
     * @throws IllegalArgumentException if no label has that name
     */
    public static RandomAccessibleInterval<BoolType> mask(LabelMap labels, String name) {
        int label = labels.names().entrySet().stream()
                .filter(entry -> entry.getValue().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no label is named \"" + name + "\"; there are "
                        + String.join(", ", labels.names().values())))
                .getKey();
        return Converters.convert(
                (RandomAccessibleInterval<UnsignedByteType>) labels(labels),
                (from, to) -> to.set(from.get() == label),
                new BoolType());
    }

    private static long[] size(Shape shape) {
        return new long[] {shape.x(), shape.y(), shape.z()};
    }
}
