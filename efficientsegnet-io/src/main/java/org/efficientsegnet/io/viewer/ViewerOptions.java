// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.viewer;

import java.util.List;
import java.util.Objects;

/**
 * What an interactive page shows. Immutable.
 *
 * @param title the heading
 * @param mostVoxels to how many voxels scan and labels are reduced, at least 1
 * @param notes shown below the organs: warnings, for instance
 */
public record ViewerOptions(String title, int mostVoxels, List<String> notes) {

    /**
     * A scan of 512 x 512 x 160 voxels is shown at half of its resolution within the slices: pages have some 10 MB, and
     * phones show them.
     */
    public static final ViewerOptions DEFAULT = new ViewerOptions("CT with organs", 12_000_000, List.of());

    /** @throws IllegalArgumentException if no voxel is allowed */
    public ViewerOptions {
        Objects.requireNonNull(title, "title");
        notes = List.copyOf(notes);
        if (mostVoxels < 1) {
            throw new IllegalArgumentException("a scan cannot be reduced to " + mostVoxels + " voxels");
        }
    }

    /** These options with a title. */
    public ViewerOptions withTitle(String text) {
        return new ViewerOptions(text, mostVoxels, notes);
    }

    /** These options with another bound of voxels. */
    public ViewerOptions withMostVoxels(int most) {
        return new ViewerOptions(title, most, notes);
    }

    /** These options with notes. */
    public ViewerOptions withNotes(List<String> other) {
        return new ViewerOptions(title, mostVoxels, other);
    }
}
