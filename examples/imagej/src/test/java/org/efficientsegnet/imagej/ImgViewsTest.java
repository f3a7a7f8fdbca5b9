// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.imagej;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import net.imglib2.Cursor;
import net.imglib2.RandomAccess;
import net.imglib2.RandomAccessibleInterval;
import net.imglib2.img.Img;
import net.imglib2.type.logic.BoolType;
import net.imglib2.type.numeric.RealType;
import net.imglib2.type.numeric.integer.UnsignedByteType;
import net.imglib2.type.numeric.real.FloatType;
import net.imglib2.view.Views;
import org.efficientsegnet.volume.Geometry;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.Orientation;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Volume;
import org.efficientsegnet.volume.Voxels;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ImgViewsTest {

    private static final Shape SHAPE = new Shape(3, 4, 5);
    private static final Geometry GEOMETRY = Geometry.of(Orientation.RAS, 1, 1, 1);

    static Voxels[] voxels() {
        byte[] bytes = new byte[60];
        short[] shorts = new short[60];
        int[] ints = new int[60];
        float[] floats = new float[60];
        Random random = new Random(4);
        random.nextBytes(bytes);
        for (int i = 0; i < 60; i++) {
            shorts[i] = (short) random.nextInt();
            ints[i] = random.nextInt(1 << 20) - (1 << 19);
            floats[i] = random.nextFloat();
        }
        return new Voxels[] {
            new Voxels.Bytes(bytes, true),
            new Voxels.Bytes(bytes, false),
            new Voxels.Shorts(shorts, true),
            new Voxels.Shorts(shorts, false),
            new Voxels.Ints(ints, true),
            new Voxels.Ints(ints, false),
            new Voxels.Floats(floats)
        };
    }

    @ParameterizedTest
    @MethodSource("voxels")
    void everyVoxelHasItsValueAndItsPlace(Voxels voxels) {
        Volume volume = new Volume(SHAPE, GEOMETRY, voxels, 0.5, -3);
        Img<? extends RealType<?>> stored = ImgViews.stored(volume);
        assertArrayEquals(new long[] {5, 4, 3}, stored.dimensionsAsLongArray());
        Cursor<? extends RealType<?>> cursor = stored.localizingCursor();
        RandomAccess<FloatType> hu = ImgViews.hu(volume).randomAccess();
        int seen = 0;
        while (cursor.hasNext()) {
            cursor.fwd();
            int x = cursor.getIntPosition(0);
            int y = cursor.getIntPosition(1);
            int z = cursor.getIntPosition(2);
            // 32-bit integers are rounded to 32-bit floats, once or twice.
            float value = voxels.get(SHAPE.index(z, y, x));
            assertEquals(value, cursor.get().getRealFloat(), Math.ulp(value));
            float expected = volume.hu(z, y, x);
            assertEquals(expected, hu.setPositionAndGet(x, y, z).get(), Math.ulp(expected));
            seen++;
        }
        assertEquals(60, seen);
    }

    @Test
    void labelsAreTheArrayItself() {
        byte[] labels = new byte[60];
        labels[SHAPE.index(2, 1, 4)] = 2;
        LabelMap map = new LabelMap(SHAPE, GEOMETRY, labels, new TreeMap<>(Map.of(1, "liver", 2, "spleen")));
        Img<UnsignedByteType> view = ImgViews.labels(map);
        RandomAccessibleInterval<UnsignedByteType> turned = Views.permute(view, 0, 2);
        assertEquals(2, turned.randomAccess().setPositionAndGet(2, 1, 4).get());
        turned.randomAccess().setPositionAndGet(0, 0, 0).set(255);
        assertEquals(255, map.label(0, 0, 0), "written through");

        RandomAccessibleInterval<BoolType> spleen = ImgViews.mask(map, "spleen");
        long voxels = 0;
        for (BoolType inside : spleen) {
            voxels += inside.get() ? 1 : 0;
        }
        assertEquals(1, voxels);
        assertTrue(spleen.randomAccess().setPositionAndGet(4, 1, 2).get());
        assertThrows(IllegalArgumentException.class, () -> ImgViews.mask(map, "heart"));
    }
}
