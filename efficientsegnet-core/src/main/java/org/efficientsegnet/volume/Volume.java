// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.volume;

import java.util.Objects;

/**
 * A CT scan: stored values, the line that turns them into Hounsfield units, and where the grid lies in the patient.
 *
 * <p>HU = {@code slope}·stored + {@code intercept}. The voxel array is kept, not copied; do not write to it while a
 * volume is in use. Otherwise immutable and safe to share between threads.
 *
 * @param shape extent, z, y, x
 * @param geometry where the grid lies
 * @param voxels the stored values, C order z, y, x
 * @param slope factor to HU
 * @param intercept summand to HU
 */
public record Volume(Shape shape, Geometry geometry, Voxels voxels, double slope, double intercept) {

    /** @throws IllegalArgumentException if there are not as many values as voxels, or the line to HU is not finite */
    public Volume {
        Objects.requireNonNull(geometry, "geometry");
        shape.requireLength(voxels.length(), "array");
        if (!Double.isFinite(slope) || !Double.isFinite(intercept) || slope == 0) {
            throw new IllegalArgumentException("slope " + slope + " and intercept " + intercept
                    + " do not turn stored values into Hounsfield units");
        }
    }

    /** A scan stored as signed 16-bit HU. */
    public static Volume ofHu(Shape shape, Geometry geometry, short[] hu) {
        return new Volume(shape, geometry, new Voxels.Shorts(hu, false), 1, 0);
    }

    /** A scan stored as 32-bit HU. */
    public static Volume ofHu(Shape shape, Geometry geometry, float[] hu) {
        return new Volume(shape, geometry, new Voxels.Floats(hu), 1, 0);
    }

    /** The HU of one voxel. */
    public float hu(int z, int y, int x) {
        return (float) (slope * voxels.get(shape.checkedIndex(z, y, x)) + intercept);
    }

    /** The layout that shows this volume's voxels in another orientation. */
    public Layout oriented(Orientation to) {
        return Layout.contiguous(shape).reorient(geometry.orientation(), to);
    }

    /** Equality is identity: comparing hundreds of megabytes is nobody's intention. */
    @Override
    public boolean equals(Object o) {
        return this == o;
    }

    @Override
    public int hashCode() {
        return System.identityHashCode(this);
    }

    @Override
    public String toString() {
        return shape + " voxels of " + voxels.typeName() + ", " + geometry;
    }
}
