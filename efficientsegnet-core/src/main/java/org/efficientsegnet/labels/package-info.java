// SPDX-License-Identifier: Apache-2.0
/**
 * What can be done with any label volume: connected components, remapping, down-sampled pyramids. Labels have 8, 16 or 32
 * bits and lie in any {@link org.efficientsegnet.volume.Layout}: a crop, flipped, with permuted axes, without a copy.
 *
 * <pre>{@code
 * LabelGrid organs = LabelGrid.of(labelMap);
 * ConnectedComponents pieces = ConnectedComponents.of(organs, Connectivity.CORNERS, Parallelism.common());
 * pieces.clear(n -> pieces.voxels(n) < 100, Parallelism.common());    // dust
 * }</pre>
 *
 * <p>A volume has at most 2³¹ - 9 voxels, what one Java array holds; {@link
 * org.efficientsegnet.volume.Shape#arrayLength} refuses larger ones by name.
 */
package org.efficientsegnet.labels;
