// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.labels;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;
import org.efficientsegnet.io.LabelMaps;
import org.efficientsegnet.io.Volumes;
import org.efficientsegnet.io.format.FormatException;
import org.efficientsegnet.io.format.WriteOptions;
import org.efficientsegnet.labels.LabelArray;
import org.efficientsegnet.labels.LabelGrid;
import org.efficientsegnet.volume.Geometry;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.Volume;
import org.efficientsegnet.volume.Voxels;

/**
 * Labels of a file, of 8 bits or wider.
 *
 * @param grid the labels
 * @param geometry where the grid lies
 * @param names of labels that have one
 */
record LabelFile(LabelGrid grid, Geometry geometry, SortedMap<Integer, String> names) {

    LabelFile {
        names = Collections.unmodifiableSortedMap(new TreeMap<>(names));
    }

    /**
     * Reads a label map; one with labels above 255 as the volume of whole numbers that it is.
     *
     * @throws FormatException if it is no label map
     */
    static LabelFile read(Path file) throws IOException {
        try {
            LabelMap map = LabelMaps.read(file);
            return new LabelFile(LabelGrid.of(map), map.geometry(), map.names());
        } catch (FormatException narrow) {
            return wide(file, narrow);
        }
    }

    private static LabelFile wide(Path file, FormatException narrow) throws IOException {
        Volume volume;
        try {
            volume = Volumes.read(file);
        } catch (FormatException e) {
            throw narrow;
        }
        LabelArray labels;
        if (volume.voxels() instanceof Voxels.Shorts shorts && shorts.unsigned()) {
            labels = new LabelArray.Shorts(shorts.values());
        } else if (volume.voxels() instanceof Voxels.Ints ints) {
            labels = new LabelArray.Ints(ints.values());
        } else {
            throw narrow;
        }
        if (volume.slope() != 1 || volume.intercept() != 0) {
            throw narrow;
        }
        return new LabelFile(LabelGrid.of(volume.shape(), labels), volume.geometry(), new TreeMap<>());
    }

    /**
     * Writes the labels, in the type that they have.
     *
     * @throws IOException if they cannot be written; then there is no file, or the earlier one
     */
    void write(Path file) throws IOException {
        if (grid.array() instanceof LabelArray.Bytes bytes) {
            LabelMaps.write(new LabelMap(grid.shape(), geometry, bytes.values(), names), file);
            return;
        }
        Voxels voxels = grid.array() instanceof LabelArray.Shorts shorts
                ? new Voxels.Shorts(shorts.values(), true)
                : new Voxels.Ints(((LabelArray.Ints) grid.array()).values(), false);
        Volumes.write(new Volume(grid.shape(), geometry, voxels, 1, 0), file, WriteOptions.DEFAULT);
    }

    LabelFile with(LabelArray labels) {
        return new LabelFile(LabelGrid.of(grid.shape(), labels), geometry, names);
    }

    LabelFile withNames(SortedMap<Integer, String> others) {
        return new LabelFile(grid, geometry, others);
    }
}
