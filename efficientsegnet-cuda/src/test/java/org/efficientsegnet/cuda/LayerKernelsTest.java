// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.ShortPointer;
import org.efficientsegnet.cuda.binding.CudaLibrary;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The kernels of the layers besides the convolutions, run on the host, against plain loops, in both formats. */
class LayerKernelsTest {

    private HostArrays host;
    private Random random;

    @BeforeEach
    void built() {
        Natives.assumeBuilt();
        host = new HostArrays();
        random = new Random(5);
    }

    @AfterEach
    void close() {
        if (host != null) {
            host.close();
        }
    }

    /** Feature maps with an affine map and ReLU, and what reading them gives. */
    private final class Operand {
        final int channels;
        final int[] shape;
        final float[] read;
        final long[] description;

        Operand(int type, int z, int y, int x, int channels, boolean normalized) {
            this.channels = channels;
            shape = new int[] {z, y, x, channels};
            float[] values = new float[z * y * x * channels];
            float[] affine = new float[2 * channels];
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) random.nextGaussian();
            }
            for (int i = 0; i < affine.length; i++) {
                affine[i] = random.nextFloat() + 0.1f;
            }
            read = HostArrays.rounded(type, values);
            description = new long[] {host.narrow(type, values).address(), 0, 0};
            if (normalized) {
                description[1] = host.floats(affine).address();
                description[2] = 1;
                for (int i = 0; i < read.length; i++) {
                    int channel = i % channels;
                    read[i] = Math.max(0, read[i] * affine[2 * channel] + affine[2 * channel + 1]);
                }
            }
        }

        float at(int z, int y, int x, int channel) {
            return read[((z * shape[1] + y) * shape[2] + x) * channels + channel];
        }
    }

    private interface Expected {
        double at(int z, int y, int x, int channel);
    }

    private void assertMaps(int type, int[] shape, ShortPointer found, Expected expected) {
        float[] values = HostArrays.widen(type, found, shape[0] * shape[1] * shape[2] * shape[3]);
        double ulp = type == 0 ? 0x1p-11 : 0x1p-8;
        int i = 0;
        for (int z = 0; z < shape[0]; z++) {
            for (int y = 0; y < shape[1]; y++) {
                for (int x = 0; x < shape[2]; x++) {
                    for (int c = 0; c < shape[3]; c++, i++) {
                        double e = expected.at(z, y, x, c);
                        assertEquals(e, values[i], 1.01 * ulp * Math.abs(e) + 2e-6, "element " + i);
                    }
                }
            }
        }
    }

    private ShortPointer maps(int[] shape) {
        return host.aligned((long) shape[0] * shape[1] * shape[2] * shape[3]);
    }

    @ParameterizedTest
    @CsvSource({"0, 8", "1, 16", "0, 5", "1, 1"})
    void addsAndRectifies(int type, int channels) {
        Operand a = new Operand(type, 3, 4, 5, channels, true);
        Operand b = new Operand(type, 3, 4, 5, channels, false);
        ShortPointer out = maps(a.shape);
        Device.check(
                CudaLibrary.esn_combine(host.context(), type, a.description, b.description, 1, a.shape, out.address()));
        assertMaps(type, a.shape, out, (z, y, x, c) -> Math.max(0, a.at(z, y, x, c) + b.at(z, y, x, c)));
        Device.check(
                CudaLibrary.esn_combine(host.context(), type, b.description, new long[3], 0, a.shape, out.address()));
        assertMaps(type, a.shape, out, b::at);
        // Over its own input, as programs do where that is not read again.
        Device.check(CudaLibrary.esn_combine(
                host.context(), type, b.description, a.description, 0, a.shape, b.description[0]));
        FloatPointer wide = host.floats(a.read.length);
        Device.check(CudaLibrary.esn_to_float(
                host.context(), type, new long[] {b.description[0], 0, 0}, a.shape, wide.address()));
        double sum = (double) a.at(1, 2, 3, channels - 1) + b.at(1, 2, 3, channels - 1);
        assertEquals(sum, wide.get((channels - 1) * 60L + 33), Math.abs(sum) * 0x1p-8);
    }

    @ParameterizedTest
    @CsvSource({"0, 8", "1, 3"})
    void gates(int type, int channels) {
        Operand a = new Operand(type, 3, 4, 5, channels, true);
        Operand b = new Operand(type, 3, 4, 5, channels, false);
        ShortPointer out = maps(a.shape);
        Device.check(CudaLibrary.esn_gate(host.context(), type, a.description, b.description, a.shape, out.address()));
        assertMaps(type, a.shape, out, (z, y, x, c) -> a.at(z, y, x, c) / (1 + Math.exp(-b.at(z, y, x, c))));
    }

    @ParameterizedTest
    @CsvSource({"0, 8, 16", "1, 3, 5"})
    void concatenates(int type, int first, int second) {
        Operand a = new Operand(type, 2, 3, 4, first, true);
        Operand b = new Operand(type, 2, 3, 4, second, false);
        int[] shape = {2, 3, 4, first + second};
        ShortPointer out = maps(shape);
        Device.check(CudaLibrary.esn_concatenate(
                host.context(), type, a.description, a.shape, out.address(), 0, first + second));
        Device.check(CudaLibrary.esn_concatenate(
                host.context(), type, b.description, b.shape, out.address(), first, first + second));
        assertMaps(type, shape, out, (z, y, x, c) -> c < first ? a.at(z, y, x, c) : b.at(z, y, x, c - first));
    }

    @ParameterizedTest
    @CsvSource({"0, 8, 2, 2, 0", "1, 5, 3, 2, 1", "0, 16, 3, 2, 1"})
    void takesMaxima(int type, int channels, int kernel, int stride, int padding) {
        Operand a = new Operand(type, 5, 7, 8, channels, true);
        int[] shape = new int[4];
        for (int i = 0; i < 3; i++) {
            shape[i] = (a.shape[i] + 2 * padding - kernel) / stride + 1;
        }
        shape[3] = channels;
        ShortPointer out = maps(shape);
        Device.check(CudaLibrary.esn_max_pooling(
                host.context(), type, a.description, a.shape, kernel, stride, padding, out.address(), shape));
        assertMaps(type, shape, out, (z, y, x, c) -> {
            double best = Double.NEGATIVE_INFINITY;
            for (int i = 0; i < kernel * kernel * kernel; i++) {
                int iz = z * stride - padding + i / kernel / kernel;
                int iy = y * stride - padding + i / kernel % kernel;
                int ix = x * stride - padding + i % kernel;
                if (iz >= 0 && iy >= 0 && ix >= 0 && iz < a.shape[0] && iy < a.shape[1] && ix < a.shape[2]) {
                    best = Math.max(best, a.at(iz, iy, ix, c));
                }
            }
            return best;
        });
    }

    /** Factor, or boxes that cover the input: a single one, adaptive bins, strips along an axis. */
    @ParameterizedTest
    @CsvSource({"0, 2, 2, 3, 4", "1, 4, 1, 1, 2", "0, 0, 3, 3, 3", "1, 0, 5, 1, 1", "0, 0, 1, 7, 1", "0, 0, 1, 1, 8"})
    void takesMeans(int type, int factor, int z, int y, int x) {
        Operand a = new Operand(type, 5, 7, 8, 6, true);
        int[] shape = {z, y, x, 6};
        ShortPointer out = maps(shape);
        Device.check(CudaLibrary.esn_mean_pooling(
                host.context(), type, a.description, a.shape, factor, out.address(), shape));
        assertMaps(type, shape, out, (oz, oy, ox, c) -> {
            int[] at = {oz, oy, ox};
            int[] begin = new int[3];
            int[] end = new int[3];
            for (int i = 0; i < 3; i++) {
                begin[i] = factor > 0 ? at[i] * factor : at[i] * a.shape[i] / shape[i];
                end[i] = factor > 0 ? begin[i] + factor : (int) Math.ceil((at[i] + 1.0) * a.shape[i] / shape[i]);
            }
            double sum = 0;
            int count = 0;
            for (int iz = begin[0]; iz < end[0]; iz++) {
                for (int iy = begin[1]; iy < end[1]; iy++) {
                    for (int ix = begin[2]; ix < end[2]; ix++, count++) {
                        sum += a.at(iz, iy, ix, c);
                    }
                }
            }
            return sum / count;
        });
    }

    @ParameterizedTest
    @CsvSource({"0, 8, 9, 11, 10, true", "1, 3, 6, 6, 6, false", "0, 16, 1, 5, 7, true", "0, 8, 3, 4, 5, false"})
    void resizes(int type, int channels, int z, int y, int x, boolean joined) {
        Operand a = new Operand(type, 3, 4, 5, channels, true);
        Operand b = new Operand(type, z, y, x, channels, false);
        int[] shape = {z, y, x, channels};
        ShortPointer out = maps(shape);
        Device.check(CudaLibrary.esn_resize(
                host.context(),
                type,
                a.description,
                a.shape,
                host.tables(a.shape, shape),
                joined ? b.description : new long[3],
                joined ? 1 : 0,
                out.address(),
                shape));
        assertMaps(type, shape, out, (oz, oy, ox, c) -> {
            int[] at = {oz, oy, ox};
            int[] low = new int[3];
            double[] weight = new double[3];
            for (int i = 0; i < 3; i++) {
                double position = shape[i] == 1 ? 0 : (double) at[i] * (a.shape[i] - 1) / (shape[i] - 1);
                low[i] = (int) position;
                weight[i] = position - low[i];
            }
            double sum = 0;
            for (int corner = 0; corner < 8; corner++) {
                double share = 1;
                int[] p = new int[3];
                for (int i = 0; i < 3; i++) {
                    int high = corner >> i & 1;
                    p[i] = Math.min(low[i] + high, a.shape[i] - 1);
                    share *= high == 1 ? weight[i] : 1 - weight[i];
                }
                sum += share * a.at(p[0], p[1], p[2], c);
            }
            return joined ? Math.max(0, sum + b.at(oz, oy, ox, c)) : sum;
        });
    }

    @ParameterizedTest
    @CsvSource({"0, 8, 1", "1, 5, 2"})
    void convolvesChannelByChannel(int type, int channels, int stride) {
        Operand a = new Operand(type, 5, 6, 7, channels, true);
        float[] weights = new float[channels * 27];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = (float) random.nextGaussian();
        }
        int[] shape = {4 / stride + 1, 5 / stride + 1, 6 / stride + 1, channels};
        ShortPointer out = maps(shape);
        Device.check(CudaLibrary.esn_depthwise(
                host.context(),
                type,
                a.description,
                a.shape,
                host.floats(weights).address(),
                new int[] {3, 3, 3},
                stride,
                out.address(),
                shape));
        assertMaps(type, shape, out, (z, y, x, c) -> {
            double sum = 0;
            for (int tap = 0; tap < 27; tap++) {
                int iz = z * stride - 1 + tap / 9;
                int iy = y * stride - 1 + tap / 3 % 3;
                int ix = x * stride - 1 + tap % 3;
                if (iz >= 0 && iy >= 0 && ix >= 0 && iz < 5 && iy < 6 && ix < 7) {
                    sum += (double) weights[c * 27 + tap] * a.at(iz, iy, ix, c);
                }
            }
            return sum;
        });
    }

    @ParameterizedTest
    @CsvSource({"0, 16, 4", "1, 5, 1", "0, 8, 7"})
    void computesLogits(int type, int channels, int classes) {
        Operand a = new Operand(type, 3, 5, 7, channels, true);
        float[] weights = new float[classes * channels];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = (float) random.nextGaussian();
        }
        FloatPointer logits = host.floats(classes * 105L);
        Device.check(CudaLibrary.esn_logits(
                host.context(),
                type,
                a.description,
                a.shape,
                host.floats(weights).address(),
                classes,
                logits.address(),
                host.ints(0).address()));
        for (int i = 0; i < classes * 105; i++) {
            double sum = 0;
            for (int c = 0; c < channels; c++) {
                sum += (double) weights[i / 105 * channels + c] * a.read[i % 105 * channels + c];
            }
            assertEquals(sum, logits.get(i), 1e-5);
        }
    }

    @ParameterizedTest
    @CsvSource({"0, 8", "1, 3"})
    void normalizesFromMaps(int type, int channels) {
        Operand a = new Operand(type, 9, 10, 11, channels, false);
        FloatPointer affine = host.floats(2L * channels);
        Device.check(CudaLibrary.esn_norm_from_maps(
                host.context(), type, a.description[0], 990, channels, 1e-5, affine.address()));
        for (int c = 0; c < channels; c++) {
            double mean = 0;
            double squares = 0;
            for (int i = c; i < a.read.length; i += channels) {
                mean += a.read[i] / 990.0;
                squares += (double) a.read[i] * a.read[i] / 990;
            }
            double scale = 1 / Math.sqrt(squares - mean * mean + 1e-5);
            assertEquals(scale, affine.get(2L * c), 1e-5);
            assertEquals(-mean * scale, affine.get(2L * c + 1), 1e-5);
        }
    }
}
