// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.labels;

/**
 * Neighbouring voxels of a component along x.
 *
 * @param z their slice
 * @param y their row
 * @param start the first one's index along x
 * @param end one past the last
 */
public record Run(int z, int y, int start, int end) {}
