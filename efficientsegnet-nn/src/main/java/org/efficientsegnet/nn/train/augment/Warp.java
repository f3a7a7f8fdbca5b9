// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.augment;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.efficientsegnet.nn.train.data.PreparedCase;
import org.efficientsegnet.nn.train.data.Sample;
import org.efficientsegnet.volume.Axis;
import org.efficientsegnet.volume.Box;
import org.efficientsegnet.volume.Shape;

/**
 * Where each voxel of a sample comes from: shift, rotation, scale, mirroring and an elastic field together are one map,
 * so that the image is interpolated once. The image is interpolated trilinearly, labels are taken from the nearest
 * voxel; outside of the scan there is air.
 *
 * <p>The elastic field is drawn on a grid of 5×5×5 points and interpolated between them (Simard et al., 2003, smooth
 * their field with a Gaussian instead). Immutable.
 */
final class Warp {

    private static final float AIR = -1024;
    private static final int POINTS = 5;

    private final double[] shiftShare;
    private final double[][] matrix;
    private final boolean[] mirrored;
    private final double[][] field;

    private Warp(double[] shiftShare, double[][] matrix, boolean[] mirrored, double[][] field) {
        this.shiftShare = shiftShare;
        this.matrix = matrix;
        this.mirrored = mirrored;
        this.field = field;
    }

    /** Draws a map; always draws the same number of values, whatever is on. */
    static Warp draw(AugmentOptions options, SplittableRandom random) {
        double[] shift = new double[3];
        for (int axis = 0; axis < 3; axis++) {
            shift[axis] = chosen(random) * options.shift() * signed(random);
        }
        double rotates = chosen(random);
        double[][] matrix = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
        for (int axis = 0; axis < 3; axis++) {
            double angle = Math.toRadians(rotates * options.rotateDegrees() * signed(random));
            matrix = product(matrix, rotation(axis, angle));
        }
        double factor = Math.pow(1 + options.scale(), chosen(random) * signed(random));
        for (double[] row : matrix) {
            for (int i = 0; i < 3; i++) {
                row[i] /= factor;
            }
        }
        boolean[] mirrored = new boolean[3];
        for (int axis = 0; axis < 3; axis++) {
            mirrored[axis] = options.flip() && chosen(random) == 1;
        }
        double bends = chosen(random) * options.elasticMm();
        double[][] field = new double[3][POINTS * POINTS * POINTS];
        for (double[] component : field) {
            for (int i = 0; i < component.length; i++) {
                component[i] = bends * signed(random);
            }
        }
        return new Warp(shift, matrix, mirrored, field);
    }

    /** Whether every voxel stays where it is. */
    boolean isIdentity() {
        boolean moves = Arrays.stream(shiftShare).anyMatch(s -> s != 0) || mirrored[0] || mirrored[1] || mirrored[2];
        for (int axis = 0; axis < 3; axis++) {
            for (int other = 0; other < 3; other++) {
                moves |= matrix[axis][other] != (axis == other ? 1 : 0);
            }
            moves |= Arrays.stream(field[axis]).anyMatch(d -> d != 0);
        }
        return !moves;
    }

    /** Whether samples are mirrored along an axis. */
    boolean mirrors(Axis axis) {
        return mirrored[axis.ordinal()];
    }

    private static double chosen(SplittableRandom random) {
        return random.nextInt(2);
    }

    private static double signed(SplittableRandom random) {
        return 2 * random.nextDouble() - 1;
    }

    private static double[][] rotation(int axis, double angle) {
        double c = Math.cos(angle);
        double s = Math.sin(angle);
        return switch (axis) {
            case 0 -> new double[][] {{1, 0, 0}, {0, c, -s}, {0, s, c}};
            case 1 -> new double[][] {{c, 0, s}, {0, 1, 0}, {-s, 0, c}};
            default -> new double[][] {{c, -s, 0}, {s, c, 0}, {0, 0, 1}};
        };
    }

    private static double[][] product(double[][] a, double[][] b) {
        double[][] product = new double[3][3];
        for (int i = 0; i < 3; i++) {
            for (int j = 0; j < 3; j++) {
                for (int k = 0; k < 3; k++) {
                    product[i][j] += a[i][k] * b[k][j];
                }
            }
        }
        return product;
    }

    /** The region of a case, seen through the map. */
    Sample apply(PreparedCase from, Box region, Shape size) {
        float[] hu = new float[size.arrayLength()];
        byte[] labels = new byte[hu.length];
        double[] source = new double[3];
        Part part = Part.of(region);
        int at = 0;
        for (int z = 0; z < size.z(); z++) {
            for (int y = 0; y < size.y(); y++) {
                for (int x = 0; x < size.x(); x++, at++) {
                    source(from, part, size, new int[] {z, y, x}, source);
                    hu[at] = trilinear(from, source[0], source[1], source[2]);
                    labels[at] = nearest(from, source[0], source[1], source[2]);
                }
            }
        }
        return new Sample(from.id(), size, hu, labels);
    }

    /** The labels of a part of a case, seen through the map; outside of the case there is none. */
    byte[] labels(PreparedCase from, Part part, Shape size) {
        byte[] labels = new byte[size.arrayLength()];
        double[] source = new double[3];
        int at = 0;
        for (int z = 0; z < size.z(); z++) {
            for (int y = 0; y < size.y(); y++) {
                for (int x = 0; x < size.x(); x++, at++) {
                    source(from, part, size, new int[] {z, y, x}, source);
                    labels[at] = nearest(from, source[0], source[1], source[2]);
                }
            }
        }
        return labels;
    }

    /**
     * A part of a grid that may reach beyond it.
     *
     * @param first index of the first voxel, z, y, x
     * @param last index of the last voxel
     */
    record Part(double[] first, double[] last) {
        static Part of(Box box) {
            double[] first = new double[3];
            double[] last = new double[3];
            for (Axis axis : Axis.values()) {
                first[axis.ordinal()] = box.start(axis);
                last[axis.ordinal()] = box.end(axis) - 1.0;
            }
            return new Part(first, last);
        }
    }

    /** The index in the case, axes z, y, x. */
    private void source(PreparedCase from, Part part, Shape size, int[] target, double[] source) {
        double[] share = new double[3];
        for (int axis = 0; axis < 3; axis++) {
            int n = size.along(Axis.at(axis));
            double u = n == 1 ? 0.5 : (double) target[axis] / (n - 1);
            share[axis] = mirrored[axis] ? 1 - u : u;
        }
        double[] mm = new double[3];
        for (int axis = 0; axis < 3; axis++) {
            Axis along = Axis.at(axis);
            double extent = part.last()[axis] - part.first()[axis];
            mm[axis] = (share[axis] - 0.5 + shiftShare[axis])
                    * extent
                    * from.geometry().spacing(along);
        }
        for (int axis = 0; axis < 3; axis++) {
            double turned = matrix[axis][0] * mm[0] + matrix[axis][1] * mm[1] + matrix[axis][2] * mm[2];
            Axis along = Axis.at(axis);
            double centre = (part.first()[axis] + part.last()[axis]) / 2.0;
            double moved = turned + displacement(field[axis], share);
            source[axis] = centre + moved / from.geometry().spacing(along);
        }
    }

    private static double displacement(double[] component, double[] share) {
        double sum = 0;
        for (int corner = 0; corner < 8; corner++) {
            double weight = 1;
            int index = 0;
            for (int axis = 0; axis < 3; axis++) {
                double position = share[axis] * (POINTS - 1);
                int low = Math.min((int) position, POINTS - 2);
                int high = corner >> axis & 1;
                weight *= high == 1 ? position - low : 1 - (position - low);
                index = index * POINTS + low + high;
            }
            sum += weight * component[index];
        }
        return sum;
    }

    private static float trilinear(PreparedCase from, double z, double y, double x) {
        int z0 = (int) Math.floor(z);
        int y0 = (int) Math.floor(y);
        int x0 = (int) Math.floor(x);
        double sum = 0;
        for (int corner = 0; corner < 8; corner++) {
            int zi = z0 + (corner & 1);
            int yi = y0 + (corner >> 1 & 1);
            int xi = x0 + (corner >> 2);
            double weight = (1 - Math.abs(z - zi)) * (1 - Math.abs(y - yi)) * (1 - Math.abs(x - xi));
            if (weight > 0) {
                sum += weight
                        * (inside(from.shape(), zi, yi, xi)
                                ? from.hu()[from.shape().index(zi, yi, xi)]
                                : AIR);
            }
        }
        return (float) sum;
    }

    private static byte nearest(PreparedCase from, double z, double y, double x) {
        int zi = (int) Math.floor(z + 0.5);
        int yi = (int) Math.floor(y + 0.5);
        int xi = (int) Math.floor(x + 0.5);
        return inside(from.shape(), zi, yi, xi) ? from.labels()[from.shape().index(zi, yi, xi)] : 0;
    }

    private static boolean inside(Shape shape, int z, int y, int x) {
        return z >= 0 && y >= 0 && x >= 0 && z < shape.z() && y < shape.y() && x < shape.x();
    }
}
