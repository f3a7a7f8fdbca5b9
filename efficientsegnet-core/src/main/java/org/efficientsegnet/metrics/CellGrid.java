// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.metrics;

import java.util.Arrays;
import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.volume.Box;
import org.efficientsegnet.volume.Shape;

/**
 * The cells between the voxels of a mask: cell (z, y, x) has the voxels z - 1 and z, y - 1 and y, x - 1 and x as its
 * corners, and there is one more of them than voxels along every axis. A cell is on the surface if its corners differ.
 */
final class CellGrid {

    /** Stands for "none" among the distances along z. */
    private static final int NONE = Character.MAX_VALUE;

    private final Shape cells;

    /** Which corners belong to the mask, as {@link SurfaceElements} counts them. */
    private final byte[] codes;

    private CellGrid(Shape cells, byte[] codes) {
        this.cells = cells;
        this.codes = codes;
    }

    /** The cells of the voxels inside a box that have a label; voxels outside count as not having it. */
    static CellGrid of(byte[] labels, int label, Shape shape, Box box, Parallelism p) {
        Shape cells =
                new Shape(box.shape().z() + 1, box.shape().y() + 1, box.shape().x() + 1);
        if (cells.z() >= NONE) {
            throw new IllegalArgumentException("surfaces of " + cells.z() + " slices cannot be compared");
        }
        byte[] codes = new byte[cells.arrayLength()];
        byte wanted = (byte) label;
        int width = box.shape().x();
        p.forRange(cells.z(), (from, to) -> {
            byte[] column = new byte[cells.x()];
            for (int z = from; z < to; z++) {
                for (int y = 0; y < cells.y(); y++) {
                    Arrays.fill(column, (byte) 0);
                    for (int corner = 0; corner < 4; corner++) {
                        int vz = z - 1 + (corner >> 1);
                        int vy = y - 1 + (corner & 1);
                        if (vz >= 0
                                && vz < box.shape().z()
                                && vy >= 0
                                && vy < box.shape().y()) {
                            int row = shape.index(box.z0() + vz, box.y0() + vy, box.x0());
                            byte bit = (byte) (1 << corner);
                            for (int x = 0; x < width; x++) {
                                column[x] |= labels[row + x] == wanted ? bit : 0;
                            }
                        }
                    }
                    int at = cells.index(z, y, 0);
                    codes[at] = (byte) (column[0] << 4);
                    for (int x = 1; x < cells.x(); x++) {
                        codes[at + x] = (byte) (column[x - 1] | column[x] << 4);
                    }
                }
            }
        });
        return new CellGrid(cells, codes);
    }

    private static boolean isSurface(byte code) {
        return code != 0 && code != -1;
    }

    /**
     * The distance from every surface cell of this grid to the nearest surface cell of another, and the area of surface
     * in the former. The distances are exact: separable minima of parabolas (Felzenszwalb and Huttenlocher, 2012), the
     * first axis in whole steps, the other two slice by slice, so that no volume of distances exists at any time.
     */
    WeightedDistances distancesTo(CellGrid other, double spacingZ, double spacingY, double spacingX, Parallelism p) {
        double[] areas = SurfaceElements.areas(spacingZ, spacingY, spacingX);
        char[] steps = other.stepsAlongZ(p);
        double[][] distances = new double[cells.z()][];
        double[][] weights = new double[cells.z()][];
        p.forRange(cells.z(), (from, to) -> {
            Envelope alongY = new Envelope(cells.y(), spacingY);
            Envelope alongX = new Envelope(cells.x(), spacingX);
            double[] plane = new double[cells.y() * cells.x()];
            double[] line = new double[Math.max(cells.y(), cells.x())];
            for (int z = from; z < to; z++) {
                int slice = cells.index(z, 0, 0);
                int count = 0;
                for (int i = slice; i < slice + plane.length; i++) {
                    count += isSurface(codes[i]) ? 1 : 0;
                }
                distances[z] = new double[count];
                weights[z] = new double[count];
                if (count == 0) {
                    continue;
                }
                for (int x = 0; x < cells.x(); x++) {
                    for (int y = 0; y < cells.y(); y++) {
                        int n = steps[slice + y * cells.x() + x];
                        line[y] = n == NONE ? Double.POSITIVE_INFINITY : n * spacingZ * (n * spacingZ);
                    }
                    alongY.lower(line);
                    for (int y = 0; y < cells.y(); y++) {
                        plane[y * cells.x() + x] = line[y];
                    }
                }
                int found = 0;
                for (int y = 0; y < cells.y() && found < count; y++) {
                    int row = slice + y * cells.x();
                    boolean read = false;
                    for (int x = 0; x < cells.x(); x++) {
                        if (isSurface(codes[row + x])) {
                            if (!read) {
                                System.arraycopy(plane, y * cells.x(), line, 0, cells.x());
                                alongX.lower(line);
                                read = true;
                            }
                            distances[z][found] = Math.sqrt(line[x]);
                            weights[z][found++] = areas[codes[row + x] & 0xff];
                        }
                    }
                }
            }
        });
        return WeightedDistances.of(distances, weights);
    }

    /** For every cell, how many slices away the nearest surface cell of its column is. */
    private char[] stepsAlongZ(Parallelism p) {
        char[] steps = new char[codes.length];
        int slice = cells.y() * cells.x();
        p.forRange(cells.y(), (from, to) -> {
            int begin = from * cells.x();
            int end = to * cells.x();
            for (int z = 0; z < cells.z(); z++) {
                int at = z * slice;
                for (int i = at + begin; i < at + end; i++) {
                    int before = z == 0 ? NONE : Math.min(steps[i - slice] + 1, NONE);
                    steps[i] = (char) (isSurface(codes[i]) ? 0 : before);
                }
            }
            for (int z = cells.z() - 2; z >= 0; z--) {
                int at = z * slice;
                for (int i = at + begin; i < at + end; i++) {
                    steps[i] = (char) Math.min(steps[i], Math.min(steps[i + slice] + 1, NONE));
                }
            }
        });
        return steps;
    }

    /** The lower envelope of the parabolas that stand on a line's values; scratch for one thread. */
    private static final class Envelope {
        private final int length;
        private final double spacing;
        private final int[] apex;
        private final double[] height;

        /** Where each parabola begins to be the lowest, in steps. */
        private final double[] begin;

        Envelope(int length, double spacing) {
            this.length = length;
            this.spacing = spacing;
            apex = new int[length];
            height = new double[length];
            begin = new double[length];
        }

        /** Replaces every value by the least of value[q] + (spacing·(i - q))² over all q. */
        void lower(double[] values) {
            double square = spacing * spacing;
            int last = -1;
            for (int q = 0; q < length; q++) {
                double value = values[q];
                if (value == Double.POSITIVE_INFINITY) {
                    continue;
                }
                double meets = Double.NEGATIVE_INFINITY;
                while (last >= 0) {
                    int r = apex[last];
                    meets = ((value - height[last]) / square + ((double) q * q - (double) r * r)) / (2.0 * (q - r));
                    if (meets > begin[last]) {
                        break;
                    }
                    last--;
                    meets = Double.NEGATIVE_INFINITY;
                }
                last++;
                apex[last] = q;
                height[last] = value;
                begin[last] = meets;
            }
            if (last < 0) {
                return;
            }
            int k = 0;
            for (int i = 0; i < length; i++) {
                while (k < last && begin[k + 1] < i) {
                    k++;
                }
                double offset = (i - apex[k]) * spacing;
                values[i] = height[k] + offset * offset;
            }
        }
    }
}
