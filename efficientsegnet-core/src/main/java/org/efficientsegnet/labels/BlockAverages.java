// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.labels;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.volume.Axis;
import org.efficientsegnet.volume.Layout;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Voxels;

/** Levels of a pyramid of averages. Sums of blocks are carried from level to level, so that each is rounded once. */
final class BlockAverages {

    private BlockAverages() {}

    static List<Voxels> of(Voxels voxels, Layout layout, Downsampling by, int levels, Parallelism p) {
        List<Voxels> result = new ArrayList<>();
        Shape full = layout.shape();
        Shape finer = full;
        Sums sums = null;
        int[] block = {1, 1, 1};
        for (int level = 1; level <= levels; level++) {
            Shape shape = by.of(finer);
            for (Axis axis : Axis.values()) {
                // Beyond the grid's extent a block does not grow.
                int i = axis.ordinal();
                block[i] = (int) Math.min((long) block[i] * by.along(axis), full.along(axis));
            }
            Sums kept = level == levels ? null : Sums.zeros(voxels, shape.arrayLength());
            result.add(level(voxels, layout, finer, sums, shape, by, new Blocks(full, block.clone()), kept, p));
            sums = kept;
            finer = shape;
        }
        return List.copyOf(result);
    }

    private static Voxels level(
            Voxels voxels,
            Layout layout,
            Shape finer,
            Sums sums,
            Shape shape,
            Downsampling by,
            Blocks blocks,
            Sums kept,
            Parallelism p) {
        Voxels target = like(voxels, shape.arrayLength());
        p.forRange(shape.z(), (from, to) -> {
            Sums row = Sums.zeros(voxels, shape.x());
            for (int z = from; z < to; z++) {
                for (int y = 0; y < shape.y(); y++) {
                    row.clear();
                    for (int fz = z * by.z(); fz < Math.min(finer.z(), (z + 1) * by.z()); fz++) {
                        for (int fy = y * by.y(); fy < Math.min(finer.y(), (y + 1) * by.y()); fy++) {
                            if (sums == null) {
                                row.add(voxels, layout.index(fz, fy, 0), layout.strideX(), finer.x(), by.x());
                            } else {
                                row.add(sums, finer.index(fz, fy, 0), finer.x(), by.x());
                            }
                        }
                    }
                    int at = shape.index(z, y, 0);
                    if (kept != null) {
                        row.copyTo(kept, at);
                    }
                    row.render(target, at, blocks, z, y);
                }
            }
        });
        return target;
    }

    /**
     * How many voxels of the whole grid lie in a block.
     *
     * @param full the whole grid
     * @param size of a block, z, y, x
     */
    private record Blocks(Shape full, int[] size) {

        long voxels(Axis axis, int index) {
            return Math.min(along(axis), full.along(axis) - (long) index * along(axis));
        }

        int along(Axis axis) {
            return size[axis.ordinal()];
        }
    }

    private static Voxels like(Voxels voxels, int length) {
        if (voxels instanceof Voxels.Bytes bytes) {
            return new Voxels.Bytes(new byte[length], bytes.unsigned());
        }
        if (voxels instanceof Voxels.Shorts shorts) {
            return new Voxels.Shorts(new short[length], shorts.unsigned());
        }
        return voxels instanceof Voxels.Ints ints
                ? new Voxels.Ints(new int[length], ints.unsigned())
                : new Voxels.Floats(new float[length]);
    }

    /** Sums of blocks: of integers in {@code whole}, of floating-point numbers in {@code real}. */
    private record Sums(long[] whole, double[] real) {

        static Sums zeros(Voxels voxels, int length) {
            return voxels instanceof Voxels.Floats
                    ? new Sums(null, new double[length])
                    : new Sums(new long[length], null);
        }

        void clear() {
            if (whole != null) {
                Arrays.fill(whole, 0);
            } else {
                Arrays.fill(real, 0);
            }
        }

        void copyTo(Sums to, int at) {
            if (whole != null) {
                System.arraycopy(whole, 0, to.whole, at, whole.length);
            } else {
                System.arraycopy(real, 0, to.real, at, real.length);
            }
        }

        void add(Sums finer, int at, int width, int factor) {
            for (int x = 0, o = 0; x < width; o++) {
                int end = Math.min(width, x + factor);
                for (; x < end; x++) {
                    if (whole != null) {
                        whole[o] += finer.whole[at + x];
                    } else {
                        real[o] += finer.real[at + x];
                    }
                }
            }
        }

        void add(Voxels voxels, int at, int stride, int width, int factor) {
            if (voxels instanceof Voxels.Shorts shorts) {
                short[] values = shorts.values();
                int mask = shorts.unsigned() ? 0xffff : -1;
                int whole2 = factor == 2 ? width / 2 : 0;
                if (stride == 1 && !shorts.unsigned()) {
                    // What scans are: a fifth of the time goes with the mask and the stride.
                    for (int o = 0; o < whole2; o++) {
                        whole[o] += values[at + 2 * o] + values[at + 2 * o + 1];
                    }
                } else {
                    for (int o = 0, i = at; o < whole2; o++, i += 2 * stride) {
                        whole[o] += (values[i] & mask) + (values[i + stride] & mask);
                    }
                }
                for (int x = 2 * whole2; x < width; x++) {
                    whole[x / factor] += values[at + x * stride] & mask;
                }
            } else if (voxels instanceof Voxels.Bytes bytes) {
                byte[] values = bytes.values();
                int mask = bytes.unsigned() ? 0xff : -1;
                int whole2 = factor == 2 ? width / 2 : 0;
                for (int o = 0, i = at; o < whole2; o++, i += 2 * stride) {
                    whole[o] += (values[i] & mask) + (values[i + stride] & mask);
                }
                for (int x = 2 * whole2; x < width; x++) {
                    whole[x / factor] += values[at + x * stride] & mask;
                }
            } else if (voxels instanceof Voxels.Ints ints) {
                int[] values = ints.values();
                long mask = ints.unsigned() ? 0xffffffffL : -1L;
                for (int x = 0; x < width; x++) {
                    whole[x / factor] += values[at + x * stride] & mask;
                }
            } else if (voxels instanceof Voxels.Floats floats) {
                float[] values = floats.values();
                int whole2 = factor == 2 ? width / 2 : 0;
                for (int o = 0, i = at; o < whole2; o++, i += 2 * stride) {
                    real[o] += (double) values[i] + values[i + stride];
                }
                for (int x = 2 * whole2; x < width; x++) {
                    real[x / factor] += values[at + x * stride];
                }
            }
        }

        /** Divides the sums, which are means afterwards, and writes them. */
        void render(Voxels target, int at, Blocks blocks, int z, int y) {
            long rows = blocks.voxels(Axis.Z, z) * blocks.voxels(Axis.Y, y);
            int last = (whole != null ? whole.length : real.length) - 1;
            long inside = rows * blocks.along(Axis.X);
            long atEnd = rows * blocks.voxels(Axis.X, last);
            if (target instanceof Voxels.Floats floats) {
                for (int x = 0; x < last; x++) {
                    floats.values()[at + x] = (float) (real[x] / inside);
                }
                floats.values()[at + last] = (float) (real[last] / atEnd);
                return;
            }
            if (Long.bitCount(inside) == 1) {
                int shift = Long.numberOfTrailingZeros(inside);
                for (int x = 0; x < last; x++) {
                    whole[x] = whole[x] + (inside >> 1) >> shift;
                }
            } else {
                for (int x = 0; x < last; x++) {
                    whole[x] = nearest(whole[x], inside);
                }
            }
            whole[last] = nearest(whole[last], atEnd);
            store(target, at);
        }

        private static long nearest(long sum, long count) {
            return Math.floorDiv(2 * sum + count, 2 * count);
        }

        private void store(Voxels target, int at) {
            if (target instanceof Voxels.Shorts shorts) {
                for (int x = 0; x < whole.length; x++) {
                    shorts.values()[at + x] = (short) whole[x];
                }
            } else if (target instanceof Voxels.Bytes bytes) {
                for (int x = 0; x < whole.length; x++) {
                    bytes.values()[at + x] = (byte) whole[x];
                }
            } else if (target instanceof Voxels.Ints ints) {
                for (int x = 0; x < whole.length; x++) {
                    ints.values()[at + x] = (int) whole[x];
                }
            }
        }
    }
}
