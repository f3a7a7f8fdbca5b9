// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.ShortPointer;
import org.efficientsegnet.cuda.binding.CudaLibrary;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The convolution kernels with their tiles, fragments and sums, run on the host, against plain loops. */
class ConvolutionKernelTest {

    @BeforeEach
    void built() {
        Natives.assumeBuilt();
    }

    private record Case(int type, int[] in, int inputs, int outputs, int[] kernel, int stride, boolean normalized) {
        int[] out() {
            int[] out = new int[3];
            for (int a = 0; a < 3; a++) {
                out[a] = (in[a] - 1) / stride + 1;
            }
            return out;
        }

        int inVoxels() {
            return in[0] * in[1] * in[2];
        }

        int outVoxels() {
            int[] out = out();
            return out[0] * out[1] * out[2];
        }

        int taps() {
            return kernel[0] * kernel[1] * kernel[2];
        }
    }

    private static int[] with(int[] shape, int channels) {
        return new int[] {shape[0], shape[1], shape[2], channels};
    }

    private static float[] gaussian(Random random, int n, double scale) {
        float[] values = new float[n];
        for (int i = 0; i < n; i++) {
            values[i] = (float) (random.nextGaussian() * scale);
        }
        return values;
    }

    /** What the tensor cores see: normalised, rectified, rounded. */
    private static float[] seen(Case c, float[] input, float[] affine) {
        float[] values = input.clone();
        if (c.normalized()) {
            for (int i = 0; i < values.length; i++) {
                int channel = i % c.inputs();
                values[i] = Math.max(0, values[i] * affine[2 * channel] + affine[2 * channel + 1]);
            }
        }
        return HostArrays.rounded(c.type(), values);
    }

    private static double[] reference(Case c, float[] seen, float[] weights) {
        int[] out = c.out();
        int[] kernel = c.kernel();
        double[] result = new double[c.outVoxels() * c.outputs()];
        int voxel = 0;
        for (int z = 0; z < out[0]; z++) {
            for (int y = 0; y < out[1]; y++) {
                for (int x = 0; x < out[2]; x++, voxel++) {
                    int tap = 0;
                    for (int kz = 0; kz < kernel[0]; kz++) {
                        for (int ky = 0; ky < kernel[1]; ky++) {
                            for (int kx = 0; kx < kernel[2]; kx++, tap++) {
                                int iz = z * c.stride() - kernel[0] / 2 + kz;
                                int iy = y * c.stride() - kernel[1] / 2 + ky;
                                int ix = x * c.stride() - kernel[2] / 2 + kx;
                                if (iz < 0
                                        || iy < 0
                                        || ix < 0
                                        || iz >= c.in()[0]
                                        || iy >= c.in()[1]
                                        || ix >= c.in()[2]) {
                                    continue;
                                }
                                int from = ((iz * c.in()[1] + iy) * c.in()[2] + ix) * c.inputs();
                                for (int o = 0; o < c.outputs(); o++) {
                                    double sum = 0;
                                    for (int i = 0; i < c.inputs(); i++) {
                                        sum += (double) seen[from + i] * weights[(o * c.inputs() + i) * c.taps() + tap];
                                    }
                                    result[voxel * c.outputs() + o] += sum;
                                }
                            }
                        }
                    }
                }
            }
        }
        return result;
    }

    /** Every width and height of blocks, channels that do and do not fill vectors, tiles that stick out. */
    @ParameterizedTest
    @CsvSource({
        "0, 5, 9, 11, 1, 16, 3, 3, 3, 1, false",
        "0, 5, 9, 11, 16, 16, 3, 3, 3, 1, true",
        "1, 5, 9, 11, 16, 16, 3, 3, 3, 1, true",
        "0, 6, 17, 9, 16, 32, 3, 3, 3, 2, true",
        "1, 7, 8, 16, 8, 16, 3, 3, 3, 2, false",
        "0, 4, 8, 8, 24, 8, 3, 3, 3, 1, true",
        "0, 3, 9, 10, 32, 64, 3, 3, 1, 1, true",
        "0, 3, 10, 9, 40, 72, 1, 1, 3, 1, false",
        "1, 4, 5, 6, 64, 128, 1, 1, 1, 1, true",
        "0, 5, 7, 13, 64, 64, 3, 3, 3, 2, true",
        "0, 1, 1, 12, 64, 64, 1, 1, 3, 1, true",
        "0, 12, 1, 1, 16, 16, 3, 1, 1, 1, false",
        "0, 1, 5, 1, 8, 8, 1, 3, 1, 1, false",
        "0, 5, 6, 7, 3, 5, 3, 3, 3, 1, true",
        "1, 5, 6, 7, 2, 1, 3, 3, 3, 2, true",
        "0, 6, 7, 8, 17, 33, 1, 1, 1, 2, false",
        "0, 9, 11, 10, 8, 8, 5, 5, 5, 1, true"
    })
    void agreesWithPlainLoops(
            int type,
            int z,
            int y,
            int x,
            int inputs,
            int outputs,
            int kz,
            int ky,
            int kx,
            int stride,
            boolean normalized) {
        Case c = new Case(type, new int[] {z, y, x}, inputs, outputs, new int[] {kz, ky, kx}, stride, normalized);
        Random random = new Random(inputs * 1000L + outputs);
        float[] input = HostArrays.rounded(type, gaussian(random, c.inVoxels() * inputs, 1));
        float[] affine = new float[2 * inputs];
        for (int i = 0; i < inputs; i++) {
            affine[2 * i] = 0.5f + random.nextFloat();
            affine[2 * i + 1] = random.nextFloat() - 0.3f;
        }
        float[] weights = HostArrays.rounded(
                type, gaussian(random, outputs * inputs * c.taps(), 1 / Math.sqrt(inputs * c.taps())));
        double[] expected = reference(c, seen(c, input, affine), weights);

        try (HostArrays host = new HostArrays()) {
            BytePointer packed =
                    host.keep(new BytePointer(CudaLibrary.esn_packed_weights_bytes(outputs, inputs, c.taps())));
            Device.check(CudaLibrary.esn_pack_weights(
                    type, host.floats(weights).address(), outputs, inputs, c.taps(), packed.address()));
            long count = CudaLibrary.esn_convolution_partials(c.kernel(), stride, with(c.out(), outputs));
            FloatPointer partials = host.floats(2 * count * outputs);
            ShortPointer out = host.aligned((long) c.outVoxels() * outputs);
            long[] operand = {
                host.narrow(type, input).address(),
                normalized ? host.floats(affine).address() : 0,
                normalized ? 1 : 0
            };
            Device.check(CudaLibrary.esn_convolution(
                    host.context(),
                    type,
                    operand,
                    with(c.in(), inputs),
                    packed.address(),
                    c.kernel(),
                    stride,
                    out.address(),
                    with(c.out(), outputs),
                    partials.address()));
            float[] result = HostArrays.widen(type, out, expected.length);
            double ulp = type == 0 ? 0x1p-11 : 0x1p-8;
            for (int i = 0; i < expected.length; i++) {
                assertEquals(expected[i], result[i], 1.01 * ulp * Math.abs(expected[i]) + 2e-5, "element " + i);
            }
            double[] stored = new double[result.length];
            for (int i = 0; i < stored.length; i++) {
                stored[i] = result[i];
            }
            assertNorm(host, c, stored, partials, count);
        }
    }

    /** Around 8 the steps of BF16 are larger than what the channel varies by: the norm is that of the stored values. */
    @Test
    void theSumsAreThoseOfWhatIsStored() {
        Case c = new Case(1, new int[] {5, 6, 7}, 16, 8, new int[] {1, 1, 1}, 1, false);
        Random random = new Random(3);
        float[] input = new float[c.inVoxels() * 16];
        for (int i = 0; i < input.length; i += 16) {
            input[i] = 8;
            input[i + 1] = (float) random.nextGaussian() * 3e-3f;
        }
        float[] weights = new float[8 * 16];
        for (int o = 0; o < 8; o++) {
            weights[16 * o] = 1;
            weights[16 * o + 1] = 1;
        }
        try (HostArrays host = new HostArrays()) {
            BytePointer packed = host.keep(new BytePointer(CudaLibrary.esn_packed_weights_bytes(8, 16, 1)));
            Device.check(CudaLibrary.esn_pack_weights(1, host.floats(weights).address(), 8, 16, 1, packed.address()));
            long count = CudaLibrary.esn_convolution_partials(c.kernel(), 1, with(c.out(), 8));
            FloatPointer partials = host.floats(2 * count * 8);
            ShortPointer out = host.aligned(c.outVoxels() * 8L);
            Device.check(CudaLibrary.esn_convolution(
                    host.context(),
                    1,
                    new long[] {host.narrow(1, input).address(), 0, 0},
                    with(c.in(), 16),
                    packed.address(),
                    c.kernel(),
                    1,
                    out.address(),
                    with(c.out(), 8),
                    partials.address()));
            float[] result = HostArrays.widen(1, out, c.outVoxels() * 8);
            double[] stored = new double[result.length];
            for (int i = 0; i < stored.length; i++) {
                stored[i] = result[i];
            }
            assertNorm(host, c, stored, partials, count);
        }
    }

    /** Beyond 65504 there is no half: not an infinity, of which the next norm would make NaN. */
    @Test
    void tooLargeNumbersBecomeTheLargest() {
        try (HostArrays host = new HostArrays()) {
            ShortPointer halves = host.aligned(4);
            Device.check(CudaLibrary.esn_to_half(
                    host.context(),
                    0,
                    host.floats(1e6f, -1e6f, 65504f, Float.NaN).address(),
                    4,
                    halves.address()));
            float[] found = HostArrays.widen(0, halves, 4);
            assertEquals(65504f, found[0]);
            assertEquals(-65504f, found[1]);
            assertEquals(65504f, found[2]);
            assertTrue(Float.isNaN(found[3]));
        }
    }

    private static void assertNorm(HostArrays host, Case c, double[] expected, FloatPointer partials, long count) {
        FloatPointer affine = host.floats(2L * c.outputs());
        Device.check(CudaLibrary.esn_norm_from_partials(
                host.context(), partials.address(), count, c.outVoxels(), c.outputs(), 1e-5, affine.address()));
        for (int o = 0; o < c.outputs(); o++) {
            double mean = 0;
            for (int i = o; i < expected.length; i += c.outputs()) {
                mean += expected[i] / c.outVoxels();
            }
            double variance = 0;
            for (int i = o; i < expected.length; i += c.outputs()) {
                variance += (expected[i] - mean) * (expected[i] - mean) / c.outVoxels();
            }
            double scale = 1 / Math.sqrt(variance + 1e-5);
            assertEquals(1, affine.get(2L * o) / scale, 1e-4, "scale of channel " + o);
            double slack = 1e-4 * Math.max(1, Math.abs(mean * scale));
            assertEquals(-mean * scale, affine.get(2L * o + 1), slack, "shift of channel " + o);
        }
    }

    @Test
    void refusesWhatItCannotCompute() {
        try (HostArrays host = new HostArrays()) {
            long[] operand = {host.aligned(8).address(), 0, 0};
            int[] shape = {1, 1, 1, 8};
            int[] wide = {9, 9, 9};
            assertNotEquals(0, convolve(host, 0, operand, shape, wide, shape));
            assertTrue(CudaLibrary.esn_last_error().contains("kernel is too large"), CudaLibrary.esn_last_error());
            assertNotEquals(0, convolve(host, 0, operand, shape, new int[] {2, 1, 1}, shape));
            assertNotEquals(0, convolve(host, 0, operand, shape, new int[] {1, 1, 1}, new int[] {2, 1, 1, 8}));
            assertNotEquals(0, convolve(host, 7, operand, shape, new int[] {1, 1, 1}, shape));
            assertTrue(CudaLibrary.esn_last_error().contains("type 0 is FP16"), CudaLibrary.esn_last_error());
        }
    }

    private static int convolve(HostArrays host, int type, long[] operand, int[] in, int[] kernel, int[] out) {
        return CudaLibrary.esn_convolution(
                host.context(),
                type,
                operand,
                in,
                operand[0],
                kernel,
                1,
                host.aligned(64).address(),
                out,
                0);
    }
}
