// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train;

import java.util.List;

/**
 * What goes through a network at once. The arrays are held, not copied.
 *
 * @param ids of the samples, for logs and messages
 * @param images normalised; sample after sample, each in C order z, y, x
 * @param labels of the same voxels: 0 is background, label i is channel i - 1, {@link #UNKNOWN} is a voxel of which no
 *     channel is known
 * @param known whether a channel was annotated: sample after sample, a flag each channel; empty if all were. Losses
 *     leave out what is not known
 */
public record Batch(List<String> ids, float[] images, byte[] labels, boolean[] known) {

    /** The label of voxels that nobody annotated. */
    public static final int UNKNOWN = 255;

    /** @throws IllegalArgumentException if there are not as many labels as voxels, or not as many flags a sample */
    public Batch {
        ids = List.copyOf(ids);
        if (ids.isEmpty()
                || images.length != labels.length
                || images.length % ids.size() != 0
                || known.length % ids.size() != 0) {
            throw new IllegalArgumentException("a batch of " + ids.size() + " samples with " + images.length
                    + " voxels, " + labels.length + " labels and " + known.length + " flags of channels");
        }
    }

    /** A batch in which every channel was annotated. */
    public Batch(List<String> ids, float[] images, byte[] labels) {
        this(ids, images, labels, new boolean[0]);
    }

    /** The number of samples. */
    public int size() {
        return ids.size();
    }

    /** Whether anything is not known. */
    public boolean isPartial() {
        for (boolean flag : known) {
            if (!flag) {
                return true;
            }
        }
        for (byte label : labels) {
            if (label == (byte) UNKNOWN) {
                return true;
            }
        }
        return false;
    }
}
