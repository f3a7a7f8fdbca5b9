// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.volume;

import java.util.Objects;

/**
 * How probable an organ is in every voxel, in 255ths: {@code round(255·p)}, so that 128 and more is a half and more. The
 * array is kept, not copied; values are unsigned.
 *
 * @param shape extent, z, y, x
 * @param geometry where the grid lies
 * @param values the probabilities, C order z, y, x; 0 outside of the region that the fine network saw
 * @param label the organ's label, 1 to 255
 * @param name the organ's name
 */
public record ProbabilityMap(Shape shape, Geometry geometry, byte[] values, int label, String name) {

    /** @throws IllegalArgumentException if there are not as many values as voxels, or there is no such label */
    public ProbabilityMap {
        Objects.requireNonNull(geometry, "geometry");
        Objects.requireNonNull(name, "name");
        shape.requireLength(values.length, "array");
        if (label < 1 || label > 255) {
            throw new IllegalArgumentException("labels are 1 to 255, not " + label);
        }
    }

    /** The probability in one voxel, 0 to 1. */
    public double probability(int z, int y, int x) {
        return (values[shape.checkedIndex(z, y, x)] & 0xff) / 255.0;
    }

    /** As a volume whose slope of 1/255 makes probabilities of the stored bytes, for writing and viewing. */
    public Volume toVolume() {
        return new Volume(shape, geometry, new Voxels.Bytes(values, true), 1.0 / 255, 0);
    }

    /** Equality is identity; compare the arrays if their content is meant. */
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
        return "probability of " + name + ", " + shape + " voxels, " + geometry;
    }
}
