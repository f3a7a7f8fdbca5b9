// SPDX-License-Identifier: Apache-2.0
/**
 * From the logits of a network to labels: thresholding on the scan's own grid, connected components, the region of
 * interest.
 *
 * <p>A mask array here has a byte a voxel, C order z, y, x, in which bit {@code c} says whether the voxel belongs to
 * class {@code c} of up to eight: organs may overlap until the labels are painted.
 *
 * <p><strong>SPI</strong>: for those who write an engine; may change in minor versions.
 */
package org.efficientsegnet.postprocess;
