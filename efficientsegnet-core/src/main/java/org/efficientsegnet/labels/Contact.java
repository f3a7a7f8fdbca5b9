// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.labels;

/**
 * Two components that touch at faces of their voxels.
 *
 * @param first number of the one, the lower
 * @param second number of the other
 * @param areaMm2 area of the faces they share, mm²
 */
public record Contact(int first, int second, double areaMm2) {}
