// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.volume;

import java.util.Collection;
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

    /**
     * One organ as a mask: 1 inside, 0 outside, C order z, y, x; a new array.
     *
     * @param name as {@link #names} has it
     * @throws IllegalArgumentException if no label has that name; the message lists those that there are
     */
    public byte[] mask(String name) {
        int wanted = labelOf(name);
        byte[] mask = new byte[labels.length];
        for (int i = 0; i < mask.length; i++) {
            mask[i] = (byte) ((labels[i] & 0xff) == wanted ? 1 : 0);
        }
        return mask;
    }

    /**
     * A map of some organs only; the others become background and lose their names.
     *
     * @param kept names, as {@link #names} has them
     * @return a new map with an array of its own
     * @throws IllegalArgumentException if no label has one of these names; the message lists those that there are
     */
    public LabelMap only(Collection<String> kept) {
        SortedMap<Integer, String> names = new TreeMap<>();
        byte[] becomes = new byte[256];
        for (String name : kept) {
            int label = labelOf(name);
            names.put(label, name);
            becomes[label] = (byte) label;
        }
        byte[] result = new byte[labels.length];
        for (int i = 0; i < result.length; i++) {
            result[i] = becomes[labels[i] & 0xff];
        }
        return new LabelMap(shape, geometry, result, names);
    }

    private int labelOf(String name) {
        return names.entrySet().stream()
                .filter(entry -> entry.getValue().equals(name))
                .map(Map.Entry::getKey)
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "no label is named \"" + name + "\"; there are " + String.join(", ", names.values())));
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
