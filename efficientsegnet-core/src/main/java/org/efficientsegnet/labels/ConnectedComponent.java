// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.labels;

import org.efficientsegnet.volume.Box;

/**
 * A connected component of a label volume.
 *
 * @param number from 1, in order of the components' first voxels
 * @param label of its voxels; 1 in a binary volume
 * @param voxels how many it has
 * @param box the smallest box around it
 * @param centroidZ mean index of its voxels along z
 * @param centroidY mean index of its voxels along y
 * @param centroidX mean index of its voxels along x
 */
public record ConnectedComponent(
        int number, int label, long voxels, Box box, double centroidZ, double centroidY, double centroidX) {}
