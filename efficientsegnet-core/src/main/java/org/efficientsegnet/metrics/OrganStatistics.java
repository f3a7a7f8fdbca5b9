// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.metrics;

import java.util.Optional;
import java.util.Set;
import org.efficientsegnet.volume.Box;
import org.efficientsegnet.volume.Face;

/**
 * What is known about one organ of a label map.
 *
 * @param label its label, 1 to 255
 * @param name its name, or "label" and the number
 * @param voxels how many voxels it has
 * @param volumeMl its volume in ml
 * @param meanHu the mean of its voxels in HU; NaN if it has none
 * @param sdHu the standard deviation (with n - 1) of its voxels in HU; NaN if it has fewer than two
 * @param box the least box around it, on the label map's grid; empty if it has no voxels
 * @param touches the faces of the grid that it reaches; it is probably cut off there
 */
public record OrganStatistics(
        int label,
        String name,
        long voxels,
        double volumeMl,
        double meanHu,
        double sdHu,
        Optional<Box> box,
        Set<Face> touches) {

    /** Copies the set. */
    public OrganStatistics {
        touches = Set.copyOf(touches);
    }
}
