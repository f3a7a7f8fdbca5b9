// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.preprocess;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ForkJoinPool;
import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.volume.Axis;
import org.efficientsegnet.volume.Box;
import org.efficientsegnet.volume.Layout;
import org.efficientsegnet.volume.Orientation;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Voxels;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class ResamplerTest {

    private static final Parallelism THREE = Parallelism.of(ForkJoinPool.commonPool(), 3);

    static List<Voxels> everyType() {
        int n = new Shape(5, 7, 9).arrayLength();
        Random random = new Random(3);
        byte[] bytes = new byte[n];
        random.nextBytes(bytes);
        short[] shorts = new short[n];
        int[] ints = new int[n];
        float[] floats = new float[n];
        for (int i = 0; i < n; i++) {
            shorts[i] = (short) random.nextInt();
            ints[i] = random.nextInt();
            floats[i] = (float) (1000 * random.nextGaussian());
        }
        List<Voxels> all = new ArrayList<>();
        for (boolean unsigned : new boolean[] {false, true}) {
            all.add(new Voxels.Bytes(bytes, unsigned));
            all.add(new Voxels.Shorts(shorts, unsigned));
            all.add(new Voxels.Ints(ints, unsigned));
        }
        all.add(new Voxels.Floats(floats));
        return all;
    }

    @ParameterizedTest
    @MethodSource("everyType")
    void readsEveryTypeThroughEveryOrientation(Voxels voxels) {
        Shape stored = new Shape(5, 7, 9);
        double scale = Math.pow(2, 8 * voxels.bytesPerVoxel());
        for (Orientation to : Orientation.all()) {
            Layout layout = Layout.contiguous(stored).reorient(Orientation.of("LPS"), to);
            for (Shape size : List.of(new Shape(4, 4, 20), new Shape(11, 3, 17), new Shape(1, 6, 5))) {
                float[] naive = naive(voxels, layout, 0.5, -3, size);
                float[] result = Resampler.trilinear(voxels, layout, 0.5, -3, size, THREE);
                assertArrayEquals(naive, result, (float) (scale * 1e-6), to + " to " + size);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "1, 1, 1, 3, 4, 5",
        "1, 6, 6, 4, 3, 2",
        "6, 1, 6, 4, 3, 2",
        "6, 6, 1, 4, 3, 2",
        "2, 3, 4, 1, 1, 1",
        "33, 2, 19, 2, 33, 50",
        "40, 41, 42, 17, 16, 15"
    })
    void agreesWithTheFormulaOnAnyShape(int z, int y, int x, int toZ, int toY, int toX) {
        Shape from = new Shape(z, y, x);
        Shape to = new Shape(toZ, toY, toX);
        short[] values = new short[from.arrayLength()];
        Random random = new Random(z * 31 + y);
        for (int i = 0; i < values.length; i++) {
            values[i] = (short) (random.nextInt(4000) - 1024);
        }
        Voxels voxels = new Voxels.Shorts(values, false);
        for (Layout layout : List.of(
                Layout.contiguous(from),
                Layout.contiguous(new Shape(x, y, z)).reorient(Orientation.of("RAS"), Orientation.of("IPL")))) {
            assertArrayEquals(
                    naive(voxels, layout, 1, 0, to), Resampler.trilinear(voxels, layout, 1, 0, to, THREE), 2e-3f);
            assertArrayEquals(
                    Resampler.trilinear(voxels, layout, 1, 0, to, Parallelism.SINGLE),
                    Resampler.trilinear(voxels, layout, 1, 0, to, THREE),
                    0f);
        }
    }

    @Test
    void aScanGivesTheSameBitsInWhateverOrderItIsStored() {
        Shape canonical = new Shape(9, 14, 11);
        Random random = new Random(5);
        float[] values = new float[canonical.arrayLength()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (500 * random.nextGaussian());
        }
        Layout original = Layout.contiguous(canonical);
        Shape size = new Shape(13, 6, 17);
        float[] expected = Resampler.trilinear(new Voxels.Floats(values), original, 1.5, -7, size, THREE);
        for (Orientation stored : Orientation.all()) {
            Layout turned = original.reorient(Orientation.RAS, stored);
            float[] copy = new float[values.length];
            for (int z = 0, n = 0; z < turned.shape().z(); z++) {
                for (int y = 0; y < turned.shape().y(); y++) {
                    for (int x = 0; x < turned.shape().x(); x++) {
                        copy[n++] = values[turned.index(z, y, x)];
                    }
                }
            }
            Layout layout = Layout.contiguous(turned.shape()).reorient(stored, Orientation.RAS);
            float[] result = Resampler.trilinear(new Voxels.Floats(copy), layout, 1.5, -7, size, THREE);
            assertArrayEquals(expected, result, stored.toString());
        }
    }

    @Test
    void readsNothingOutsideOfACrop() {
        Shape stored = new Shape(8, 9, 10);
        float[] values = new float[stored.arrayLength()];
        Arrays.fill(values, Float.NaN);
        Box box = new Box(2, 3, 4, 5, 8, 9);
        Layout crop = Layout.contiguous(stored).crop(box);
        for (int z = 0; z < 3; z++) {
            for (int y = 0; y < 5; y++) {
                for (int x = 0; x < 5; x++) {
                    values[crop.index(z, y, x)] = 7;
                }
            }
        }
        for (Orientation to : Orientation.all()) {
            Layout layout = crop.reorient(Orientation.RAS, to);
            for (float v : Resampler.trilinear(
                    new Voxels.Floats(values), layout, 1, 0, new Shape(6, 7, 11), Parallelism.SINGLE)) {
                assertEquals(7f, v);
            }
        }
    }

    private static float[] naive(Voxels voxels, Layout layout, double slope, double intercept, Shape size) {
        float[] result = new float[size.arrayLength()];
        int n = 0;
        for (int z = 0; z < size.z(); z++) {
            for (int y = 0; y < size.y(); y++) {
                for (int x = 0; x < size.x(); x++) {
                    double[] at = {
                        position(layout, size, 0, z), position(layout, size, 1, y), position(layout, size, 2, x)
                    };
                    double sum = 0;
                    for (int corner = 0; corner < 8; corner++) {
                        double weight = 1;
                        int[] index = new int[3];
                        for (int axis = 0; axis < 3; axis++) {
                            int low = (int) Math.floor(at[axis]);
                            int up = corner >> axis & 1;
                            weight *= up == 1 ? at[axis] - low : 1 - at[axis] + low;
                            index[axis] = Math.min(low + up, layout.shape().along(Axis.at(axis)) - 1);
                        }
                        sum += weight * voxels.get(layout.index(index[0], index[1], index[2]));
                    }
                    result[n++] = (float) (sum * slope + intercept);
                }
            }
        }
        return result;
    }

    private static double position(Layout layout, Shape size, int axis, int i) {
        int to = size.along(Axis.at(axis));
        return to == 1 ? 0 : i * (layout.shape().along(Axis.at(axis)) - 1) / (double) (to - 1);
    }
}
