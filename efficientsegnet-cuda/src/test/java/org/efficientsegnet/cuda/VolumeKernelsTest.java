// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Random;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.Pointer;
import org.efficientsegnet.cuda.binding.CudaLibrary;
import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.postprocess.Component;
import org.efficientsegnet.postprocess.Components;
import org.efficientsegnet.postprocess.LabelPainter;
import org.efficientsegnet.postprocess.LogitRestorer;
import org.efficientsegnet.preprocess.Normalizer;
import org.efficientsegnet.preprocess.Resampler;
import org.efficientsegnet.volume.Box;
import org.efficientsegnet.volume.Layout;
import org.efficientsegnet.volume.Orientation;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Voxels;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The kernels around the networks, run on the host, against the implementations in Java, to the last bit. */
class VolumeKernelsTest {

    private static final int TYPE_INT16 = 2;
    private static final int TYPE_FLOAT = 6;

    @BeforeEach
    void built() {
        Natives.assumeBuilt();
    }

    private static int[] extents(Shape shape) {
        return new int[] {shape.z(), shape.y(), shape.x()};
    }

    private static float[] resample(HostArrays host, int type, Pointer source, Layout layout, Shape size, float slope) {
        int[] from = extents(layout.shape());
        int[] to = extents(size);
        FloatPointer result = host.floats(size.voxels());
        Device.check(CudaLibrary.esn_resample(
                host.context(),
                type,
                source.address(),
                layout.offset(),
                new long[] {layout.strideZ(), layout.strideY(), layout.strideX()},
                host.tables(from, to),
                result.address(),
                new int[] {from[0], from[1], from[2], to[0], to[1], to[2]},
                new long[] {(long) size.y() * size.x(), size.x(), 1},
                slope,
                -7));
        float[] values = new float[size.arrayLength()];
        result.get(values);
        return values;
    }

    @ParameterizedTest
    @CsvSource({
        "RAS, 7, 9, 11, 5, 13, 4",
        "LPS, 7, 9, 11, 8, 9, 23",
        "SPL, 1, 9, 11, 3, 2, 1",
        "PIR, 13, 1, 2, 13, 5, 7",
        "ARS, 33, 21, 40, 17, 16, 19",
        "LIP, 5, 6, 7, 5, 6, 7"
    })
    void resamplesAsJavaDoes(String orientation, int z, int y, int x, int toZ, int toY, int toX) {
        Shape from = new Shape(z, y, x);
        Layout layout = Layout.contiguous(from).reorient(Orientation.RAS, Orientation.of(orientation));
        Shape to = new Shape(toZ, toY, toX);
        Random random = new Random(z + 31L * toX);
        short[] shorts = new short[from.arrayLength()];
        float[] floats = new float[from.arrayLength()];
        for (int i = 0; i < shorts.length; i++) {
            shorts[i] = (short) (random.nextInt(4000) - 1024);
            floats[i] = shorts[i] + random.nextFloat();
        }
        try (HostArrays host = new HostArrays()) {
            float[] expected =
                    Resampler.trilinear(new Voxels.Shorts(shorts, false), layout, 1.5, -7, to, Parallelism.SINGLE);
            assertArrayEquals(expected, resample(host, TYPE_INT16, host.shorts(shorts), layout, to, 1.5f));
            expected = Resampler.trilinear(new Voxels.Floats(floats), layout, 1.5, -7, to, Parallelism.SINGLE);
            assertArrayEquals(expected, resample(host, TYPE_FLOAT, host.floats(floats), layout, to, 1.5f));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 255, 257, 16384, 16385, 70001})
    void standardizesAsJavaDoes(int n) {
        Random random = new Random(n);
        float[] values = new float[n];
        for (int i = 0; i < n; i++) {
            values[i] = (float) (random.nextGaussian() * 100 + 40);
        }
        float[] expected = values.clone();
        Normalizer.Moments moments = Normalizer.clipAndStandardize(expected, -60, 150, 1e-5, Parallelism.SINGLE);
        try (HostArrays host = new HostArrays()) {
            FloatPointer on = host.floats(values);
            DoublePointer found = host.doubles(2);
            DoublePointer workspace = host.doubles(CudaLibrary.esn_reduction_workspace(n) / Double.BYTES);
            Device.check(CudaLibrary.esn_moments(
                    host.context(), on.address(), n, -60, 150, workspace.address(), found.address()));
            assertEquals(moments.mean(), found.get(0), 1e-10 * (1 + Math.abs(moments.mean())));
            assertEquals(moments.standardDeviation(), found.get(1), 1e-10 * (1 + moments.standardDeviation()));
            Device.check(CudaLibrary.esn_standardize(host.context(), on.address(), n, -60, 150, found.address(), 1e-5));
            float[] result = new float[n];
            on.get(result);
            for (int i = 0; i < n; i++) {
                assertEquals(expected[i], result[i], 1e-6f * (1 + Math.abs(expected[i])));
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "5, 7, 9, 9, 11, 20, 4, 0, 0.5",
        "8, 8, 8, 8, 8, 8, 4, 1, 0.5",
        "12, 10, 6, 5, 23, 17, 8, 0, 0.3",
        "1, 4, 3, 2, 1, 9, 1, 2, 0.7"
    })
    void restoresAsJavaDoes(int z, int y, int x, int toZ, int toY, int toX, int classes, int first, double threshold) {
        Shape from = new Shape(z, y, x);
        Shape to = new Shape(toZ, toY, toX);
        Random random = new Random(x);
        float[] logits = new float[from.arrayLength() * (first + classes)];
        for (int i = 0; i < logits.length; i++) {
            logits[i] = (float) random.nextGaussian();
        }
        byte[] expected = LogitRestorer.masks(logits, from, first, classes, threshold, to, Parallelism.SINGLE);
        try (HostArrays host = new HostArrays()) {
            BytePointer masks = host.keep(new BytePointer(to.voxels()));
            Device.check(CudaLibrary.esn_restore(
                    host.context(),
                    host.floats(logits).address(),
                    extents(from),
                    first,
                    classes,
                    (float) Math.log(threshold / (1 - threshold)),
                    host.tables(extents(from), extents(to)),
                    extents(to),
                    masks.address()));
            assertArrayEquals(expected, content(masks, to.arrayLength()));
        }
    }

    private static byte[] content(BytePointer pointer, int n) {
        byte[] content = new byte[n];
        pointer.get(content);
        return content;
    }

    @ParameterizedTest
    @CsvSource({
        "20, 21, 23, 0.05, 3, 2, 1",
        "20, 21, 23, 0.12, 2, 0, 1",
        "33, 40, 50, 0.08, 5, 10, 2",
        "33, 40, 50, 0.3, 1, 0, 3",
        "1, 30, 40, 0.3, 4, 3.5, 4",
        "17, 1, 1, 0.5, 9, 0, 5",
        "6, 5, 4, 0, 2, 0, 6",
        "6, 5, 4, 1, 2, 0, 7",
        "9, 9, 9, 0.2, 0, 0, 8"
    })
    void keepsTheComponentsThatJavaKeeps(int z, int y, int x, double density, int keep, double minimum, long seed) {
        Shape shape = new Shape(z, y, x);
        int bit = (int) (seed % 8);
        Random random = new Random(seed);
        byte[] masks = new byte[shape.arrayLength()];
        for (int i = 0; i < masks.length; i++) {
            masks[i] = (byte) ((random.nextInt(256) & ~(1 << bit)) | (random.nextDouble() < density ? 1 << bit : 0));
        }
        byte[] expected = masks.clone();
        List<Component> kept = Components.keepLargest(expected, bit, shape, keep, minimum, Parallelism.SINGLE);
        try (HostArrays host = new HostArrays()) {
            BytePointer on = host.bytes(masks);
            int[] found = new int[7];
            Device.check(CudaLibrary.esn_keep_largest(
                    host.context(),
                    on.address(),
                    bit,
                    extents(shape),
                    keep,
                    minimum,
                    host.ints(shape.voxels()).address(),
                    host.ints(shape.voxels()).address(),
                    host.ints(8L).address(),
                    found));
            assertArrayEquals(expected, content(on, masks.length));
            assertEquals(kept.size(), found[0]);
            if (found[0] > 0) {
                Box around =
                        kept.stream().map(Component::box).reduce(Box::union).orElseThrow();
                assertEquals(around, new Box(found[1], found[2], found[3], found[4], found[5], found[6]));
            }
        }
    }

    @Test
    void joinsASpiralThatEveryBlockOfThreadsSeesAPartOf() {
        // A snake through the whole grid: every other row, linked at alternating ends, is one component.
        Shape shape = new Shape(9, 41, 67);
        byte[] masks = new byte[shape.arrayLength()];
        long voxels = 0;
        for (int z = 0; z < shape.z(); z += 2) {
            for (int y = 0; y < shape.y(); y++) {
                for (int x = 0; x < shape.x(); x++) {
                    boolean link = y % 2 == 1 && x == (y % 4 == 1 ? shape.x() - 1 : 0);
                    if (y % 2 == 0 || link) {
                        masks[shape.index(z, y, x)] = 1;
                        voxels++;
                    }
                }
            }
            if (z + 2 < shape.z()) {
                masks[shape.index(z + 1, z % 4 == 0 ? shape.y() - 1 : 0, 3)] = 1;
                voxels++;
            }
        }
        try (HostArrays host = new HostArrays()) {
            int[] found = new int[7];
            IntPointer sizes = host.ints(shape.voxels());
            Device.check(CudaLibrary.esn_keep_largest(
                    host.context(),
                    host.bytes(masks).address(),
                    0,
                    extents(shape),
                    2,
                    0,
                    host.ints(shape.voxels()).address(),
                    sizes.address(),
                    host.ints(8L).address(),
                    found));
            assertEquals(1, found[0]);
            assertEquals(voxels, sizes.get(0));
        }
    }

    @ParameterizedTest
    @CsvSource({"RAS, 4, 1", "LPS, 8, 3", "SPL, 1, 250", "ARI, 5, 2"})
    void paintsAsJavaDoes(String orientation, int classes, int firstLabel) {
        Shape shape = new Shape(6, 7, 8);
        Layout target = Layout.contiguous(new Shape(9, 10, 11))
                .reorient(Orientation.RAS, Orientation.of(orientation))
                .crop(new Box(1, 2, 1, 7, 9, 9));
        Random random = new Random(firstLabel);
        byte[] masks = new byte[shape.arrayLength()];
        random.nextBytes(masks);
        byte[] expected = new byte[9 * 10 * 11];
        random.nextBytes(expected);
        try (HostArrays host = new HostArrays()) {
            BytePointer labels = host.bytes(expected);
            Device.check(CudaLibrary.esn_paint(
                    host.context(),
                    host.bytes(masks).address(),
                    classes,
                    firstLabel,
                    extents(shape),
                    labels.address(),
                    target.offset(),
                    new long[] {target.strideZ(), target.strideY(), target.strideX()}));
            LabelPainter.paint(masks, classes, firstLabel, shape, expected, target);
            assertArrayEquals(expected, content(labels, expected.length));
        }
    }
}
