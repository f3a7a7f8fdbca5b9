// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.efficientsegnet.io.dicom.dataset.DicomReader;
import org.efficientsegnet.io.dicom.pixel.FrameReader;
import org.efficientsegnet.io.dicom.pixel.PixelFormat;
import org.efficientsegnet.io.format.FormatException;
import org.efficientsegnet.io.format.ReadLimits;
import org.efficientsegnet.io.format.ReadOptions;
import org.efficientsegnet.volume.Volume;
import org.efficientsegnet.volume.Voxels;

/**
 * Reads the pixels of a stack.
 *
 * <p>If all slices have one slope, one intercept and one signedness, the stored values are kept as they are, unless
 * something is to become air that they cannot hold. Otherwise every slice is brought to HU, as 16-bit integers if that loses nothing, else as floats.
 */
final class StackReader {

    /** What padding pixels, which the scanner did not image, become: air, and less than any tissue. */
    static final double PADDING_HU = -1024;

    /** Parts of a slice's distance that are rounding. */
    private static final double SAME_PLACE = 1e-3;

    private final StackGeometry stack;
    private final ReadLimits limits;
    private final Map<Path, FrameReader> files = new HashMap<>();
    private final boolean uniform;
    private final boolean integral;
    private volatile boolean foundPaddingBeyondStored;

    private StackReader(StackGeometry stack, ReadLimits limits) {
        this.stack = stack;
        this.limits = limits;
        Slice first = stack.slices().get(0);
        boolean needsAir = stack.isTilted()
                || stack.slices().stream().anyMatch(s -> s.format().padded());
        uniform = stack.slices().stream()
                        .allMatch(s -> s.slope() == first.slope()
                                && s.intercept() == first.intercept()
                                && s.format().signed() == first.format().signed())
                && (!needsAir || canStoreAir(first));
        integral = stack.slices().stream().allMatch(StackReader::fitsShort);
    }

    /**
     * Reads the volume.
     *
     * @param remarks receives what about the pixels should be known
     * @throws FormatException if a slice is damaged, or two slices at one position differ
     */
    static Volume read(StackGeometry stack, ReadOptions options, Collection<String> remarks) throws IOException {
        StackReader reader = new StackReader(stack, options.limits());
        Volume volume = reader.volume(options);
        if (reader.foundPaddingBeyondStored) {
            remarks.add("the Pixel Padding Value has bits beside the stored ones; pixels all of whose bits are it were"
                    + " taken for padding, " + (int) PADDING_HU + " HU");
        }
        return volume;
    }

    private Volume volume(ReadOptions options) throws IOException {
        int count = stack.slices().size() * stack.shape().y() * stack.shape().x();
        Slice first = stack.slices().get(0);
        try {
            if (uniform) {
                boolean unsigned = !first.format().signed();
                short[] stored = new short[count];
                short air = (short) (int) storedAir(first);
                if (stack.isTilted()) {
                    Arrays.fill(stored, air);
                }
                forSlices(options, z -> place(storedFrame(stack.slices().get(z), air), z, stored, unsigned));
                return new Volume(
                        stack.shape(),
                        stack.geometry(),
                        new Voxels.Shorts(spread(stored, unsigned, options), unsigned),
                        first.slope(),
                        first.intercept());
            }
            if (integral) {
                short[] hu = new short[count];
                if (stack.isTilted()) {
                    Arrays.fill(hu, (short) PADDING_HU);
                }
                forSlices(options, z -> place(shortFrame(stack.slices().get(z)), z, hu, false));
                return Volume.ofHu(stack.shape(), stack.geometry(), spread(hu, false, options));
            }
            float[] hu = new float[count];
            if (stack.isTilted()) {
                Arrays.fill(hu, (float) PADDING_HU);
            }
            forSlices(options, z -> place(floatFrame(stack.slices().get(z)), z, hu));
            return Volume.ofHu(stack.shape(), stack.geometry(), spread(hu, options));
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    /** Reads one slice. */
    @FunctionalInterface
    private interface SliceTask {
        void run(int z) throws IOException;
    }

    private void forSlices(ReadOptions options, SliceTask task) {
        options.parallelism().forRange(stack.slices().size(), (from, to) -> {
            for (int z = from; z < to; z++) {
                try {
                    checkDuplicates(z);
                    task.run(z);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        });
    }

    private short[] frame(Slice slice) throws IOException {
        short[] pixels = reader(slice).stored(slice.frame());
        PixelFormat format = slice.format();
        if (format.isPaddingBeyondStored() && !foundPaddingBeyondStored) {
            for (short pixel : pixels) {
                if (format.isPadding(value(format, pixel))) {
                    foundPaddingBeyondStored = true;
                    break;
                }
            }
        }
        return pixels;
    }

    /** A file of many frames is opened once, by one thread: it may have to be unpacked. */
    private FrameReader reader(Slice slice) throws IOException {
        if (slice.frames() == 1) {
            return open(slice);
        }
        synchronized (files) {
            FrameReader reader = files.get(slice.file());
            if (reader == null) {
                reader = open(slice);
                files.put(slice.file(), reader);
            }
            return reader;
        }
    }

    private FrameReader open(Slice slice) throws IOException {
        return FrameReader.of(
                DicomReader.read(slice.source().loaded(), limits), slice.format(), slice.frames(), limits);
    }

    /** Two files may hold one slice, as when a folder was copied into itself; two different slices may not be mixed. */
    private void checkDuplicates(int z) throws IOException {
        List<Slice> others = stack.duplicates().get(z);
        if (others.isEmpty()) {
            return;
        }
        Slice slice = stack.slices().get(z);
        float[] hu = floatFrame(slice);
        for (Slice other : others) {
            if (!Arrays.equals(hu, floatFrame(other))) {
                throw new FormatException(
                        other.file(),
                        "(0020,0032) Image Position (Patient)",
                        slice.describe() + " and " + other.describe() + " lie at one position but differ",
                        "Leave the files of one acquisition in the folder.");
            }
        }
    }

    private static int value(PixelFormat format, short stored) {
        return format.signed() ? stored : stored & 0xffff;
    }

    /** The stored value that is nearest to air; 16 bits hold it if {@link #canStoreAir}. */
    private static double storedAir(Slice slice) {
        return Math.rint((PADDING_HU - slice.intercept()) / slice.slope());
    }

    private static boolean canStoreAir(Slice slice) {
        double stored = storedAir(slice);
        return slice.format().signed()
                ? stored >= Short.MIN_VALUE && stored <= Short.MAX_VALUE
                : stored >= 0 && stored <= 65535;
    }

    private short[] storedFrame(Slice slice, short air) throws IOException {
        short[] pixels = frame(slice);
        PixelFormat format = slice.format();
        if (format.padded()) {
            for (int i = 0; i < pixels.length; i++) {
                if (format.isPadding(value(format, pixels[i]))) {
                    pixels[i] = air;
                }
            }
        }
        return pixels;
    }

    private static boolean fitsShort(Slice slice) {
        double low = slice.slope() * slice.format().smallest() + slice.intercept();
        double high = slice.slope() * slice.format().largest() + slice.intercept();
        return slice.slope() == Math.rint(slice.slope())
                && slice.intercept() == Math.rint(slice.intercept())
                && Math.min(low, high) >= Short.MIN_VALUE
                && Math.max(low, high) <= Short.MAX_VALUE;
    }

    private short[] shortFrame(Slice slice) throws IOException {
        short[] pixels = frame(slice);
        PixelFormat format = slice.format();
        int slope = (int) slice.slope();
        int intercept = (int) slice.intercept();
        for (int i = 0; i < pixels.length; i++) {
            int value = value(format, pixels[i]);
            pixels[i] = (short) (format.isPadding(value) ? (int) PADDING_HU : slope * value + intercept);
        }
        return pixels;
    }

    private float[] floatFrame(Slice slice) throws IOException {
        short[] pixels = frame(slice);
        PixelFormat format = slice.format();
        float[] hu = new float[pixels.length];
        for (int i = 0; i < hu.length; i++) {
            int value = value(format, pixels[i]);
            hu[i] = (float) (format.isPadding(value) ? PADDING_HU : slice.slope() * value + slice.intercept());
        }
        return hu;
    }

    private void place(short[] frame, int z, short[] to, boolean unsigned) {
        int pixels = stack.shape().y() * stack.shape().x();
        if (!stack.isTilted()) {
            System.arraycopy(frame, 0, to, z * pixels, pixels);
            return;
        }
        float[] values = new float[frame.length];
        for (int i = 0; i < frame.length; i++) {
            values[i] = unsigned ? frame[i] & 0xffff : frame[i];
        }
        float[] shifted = new float[pixels];
        short fill = to[z * pixels];
        shift(values, z, shifted, unsigned ? fill & 0xffff : fill);
        for (int i = 0; i < pixels; i++) {
            to[z * pixels + i] = (short) Math.round(shifted[i]);
        }
    }

    private void place(float[] frame, int z, float[] to) {
        int pixels = stack.shape().y() * stack.shape().x();
        if (!stack.isTilted()) {
            System.arraycopy(frame, 0, to, z * pixels, pixels);
            return;
        }
        float[] shifted = new float[pixels];
        shift(frame, z, shifted, (float) PADDING_HU);
        System.arraycopy(shifted, 0, to, z * pixels, pixels);
    }

    /** Moves a slice by a part of a pixel, linearly between the four neighbours; what comes in from outside is air. */
    private void shift(float[] frame, int z, float[] to, float air) {
        int columns = stack.slices().get(0).format().columns();
        int rows = frame.length / columns;
        double offsetX = stack.padX() + z * stack.shiftX();
        double offsetY = stack.padY() + z * stack.shiftY();
        for (int y = 0; y < stack.shape().y(); y++) {
            double v = y - offsetY;
            int v0 = (int) Math.floor(v);
            float fy = (float) (v - v0);
            for (int x = 0; x < stack.shape().x(); x++) {
                double u = x - offsetX;
                int u0 = (int) Math.floor(u);
                float fx = (float) (u - u0);
                float top = (1 - fx) * at(frame, rows, columns, v0, u0, air)
                        + fx * at(frame, rows, columns, v0, u0 + 1, air);
                float bottom = (1 - fx) * at(frame, rows, columns, v0 + 1, u0, air)
                        + fx * at(frame, rows, columns, v0 + 1, u0 + 1, air);
                to[y * stack.shape().x() + x] = (1 - fy) * top + fy * bottom;
            }
        }
    }

    /** Puts slices that are spaced unevenly onto the even grid, linearly between the two around each of its own. */
    private short[] spread(short[] slices, boolean unsigned, ReadOptions options) {
        if (!stack.isUneven()) {
            return slices;
        }
        int pixels = stack.shape().y() * stack.shape().x();
        short[] grid = new short[stack.shape().arrayLength()];
        forGrid(options, (z, below, part) -> {
            int to = z * pixels;
            int from = below * pixels;
            for (int i = 0; i < pixels; i++) {
                short a = slices[from + i];
                short b = part == 0 ? a : slices[from + pixels + i];
                int low = unsigned ? a & 0xffff : a;
                int high = unsigned ? b & 0xffff : b;
                grid[to + i] = (short) Math.rint(low + part * (high - low));
            }
        });
        return grid;
    }

    private float[] spread(float[] slices, ReadOptions options) {
        if (!stack.isUneven()) {
            return slices;
        }
        int pixels = stack.shape().y() * stack.shape().x();
        float[] grid = new float[stack.shape().arrayLength()];
        forGrid(options, (z, below, part) -> {
            int to = z * pixels;
            int from = below * pixels;
            for (int i = 0; i < pixels; i++) {
                float low = slices[from + i];
                float high = part == 0 ? low : slices[from + pixels + i];
                grid[to + i] = (float) (low + part * (high - low));
            }
        });
        return grid;
    }

    /** Makes a slice of the even grid. */
    @FunctionalInterface
    private interface GridTask {
        /**
         * @param below the slice at or below it
         * @param part how far it is from there to the next slice, below 1
         */
        void run(int z, int below, double part);
    }

    private void forGrid(ReadOptions options, GridTask task) {
        double[] places = stack.places();
        options.parallelism().forRange(stack.shape().z(), (from, to) -> {
            for (int z = from; z < to; z++) {
                int found = Arrays.binarySearch(places, z);
                int below = found >= 0 ? found : -found - 2;
                double part = found >= 0 ? 0 : (z - places[below]) / (places[below + 1] - places[below]);
                // Slices of the one spacing are places of the other but for rounding.
                int nearest = part > 1 - SAME_PLACE ? below + 1 : below;
                task.run(z, nearest, part > 1 - SAME_PLACE || part < SAME_PLACE ? 0 : part);
            }
        });
    }

    private static float at(float[] frame, int rows, int columns, int y, int x, float air) {
        return y < 0 || y >= rows || x < 0 || x >= columns ? air : frame[y * columns + x];
    }
}
