// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.paint;

import java.util.Random;
import java.util.SplittableRandom;
import org.efficientsegnet.volume.Axis;
import org.efficientsegnet.volume.Shape;

/** A random field without sharp edges: normal numbers on a coarse grid, interpolated between. Immutable. */
final class SmoothField {

    private final int[] points = new int[3];
    private final double[] steps = new double[3];
    private final float[] values;

    /**
     * @param shape extent of the grid that it is asked on
     * @param spacingMm of that grid, z, y, x
     * @param wavelengthMm distance of the coarse grid's points
     */
    SmoothField(Shape shape, double[] spacingMm, double wavelengthMm, SplittableRandom random) {
        for (int axis = 0; axis < 3; axis++) {
            steps[axis] = Math.min(1, spacingMm[axis] / wavelengthMm);
            points[axis] = (int) Math.ceil((shape.along(Axis.at(axis)) - 1) * steps[axis]) + 2;
        }
        values = new float[points[0] * points[1] * points[2]];
        Random normal = new Random(random.nextLong());
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) normal.nextGaussian();
        }
    }

    /** The value at a voxel: mean 0, standard deviation between 0.35 and 1. */
    float at(int z, int y, int x) {
        double pz = z * steps[0];
        double py = y * steps[1];
        double px = x * steps[2];
        int z0 = (int) pz;
        int y0 = (int) py;
        int x0 = (int) px;
        float fz = (float) (pz - z0);
        float fy = (float) (py - y0);
        float fx = (float) (px - x0);
        int at = (z0 * points[1] + y0) * points[2] + x0;
        float near = plane(at, fy, fx);
        float far = plane(at + points[1] * points[2], fy, fx);
        return near + fz * (far - near);
    }

    private float plane(int at, float fy, float fx) {
        int below = at + points[2];
        float first = values[at] + fx * (values[at + 1] - values[at]);
        float second = values[below] + fx * (values[below + 1] - values[below]);
        return first + fy * (second - first);
    }
}
