package org.efficientsegnet.volume;

import java.util.Collections;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * One label a voxel: 0 is background, the others are organs. The array is kept, not copied; values are unsigned.
 *
 * @param shape extent, z, y, x
 * @param geometry where the grid lies
 * @param labels the labels, C order z, y, x
 * @param names the name of each label above 0, ordered by label
 */
public record LabelMap(Shape shape, Geometry geometry, byte[] labels, SortedMap<Integer, String> names) {

    /** @throws IllegalArgumentException if there are not as many labels as voxels */
    public LabelMap {
        Objects.requireNonNull(geometry, "geometry");
        shape.requireLength(labels.length, "array");
        names = Collections.unmodifiableSortedMap(new TreeMap<>(names));
    }

    /** A label map without names. */
    public static LabelMap of(Shape shape, Geometry geometry, byte[] labels) {
        return new LabelMap(shape, geometry, labels, new TreeMap<>(Map.of()));
    }

    /** The label of one voxel. */
    public int label(int z, int y, int x) {
        return labels[shape.checkedIndex(z, y, x)] & 0xff;
    }

    /** The layout that shows these labels in another orientation. */
    public Layout oriented(Orientation to) {
        return Layout.contiguous(shape).reorient(geometry.orientation(), to);
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
        return shape + " labels, " + geometry;
    }
}
