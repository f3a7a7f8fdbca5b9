// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.postprocess;

import java.util.Set;
import org.efficientsegnet.volume.Box;
import org.efficientsegnet.volume.Face;

/**
 * A connected component of a mask.
 *
 * @param voxels how many it has
 * @param box the smallest box around it
 * @param touches the faces of the grid that it reaches, where it may have been cut off
 */
public record Component(long voxels, Box box, Set<Face> touches) {}
