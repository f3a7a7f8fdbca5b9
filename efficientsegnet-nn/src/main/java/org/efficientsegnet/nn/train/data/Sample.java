// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.data;

import org.efficientsegnet.volume.Shape;

/**
 * What a network is shown, before it is clipped and normalised. The arrays are held, not copied.
 *
 * @param id the case's name
 * @param shape extent
 * @param hu HU, C order z, y, x
 * @param labels of the same voxels; {@link org.efficientsegnet.nn.train.Batch#UNKNOWN} where nobody knows
 * @param known whether each label was annotated, the first flag is label 1; empty if all were
 */
public record Sample(String id, Shape shape, float[] hu, byte[] labels, boolean[] known) {

    /** @throws IllegalArgumentException if an array has not as many elements as there are voxels */
    public Sample {
        if (hu.length != shape.voxels() || labels.length != shape.voxels()) {
            throw new IllegalArgumentException(
                    "a sample of " + shape + " with " + hu.length + " HU and " + labels.length + " labels");
        }
    }

    /** A sample in which every label was annotated. */
    public Sample(String id, Shape shape, float[] hu, byte[] labels) {
        this(id, shape, hu, labels, new boolean[0]);
    }
}
