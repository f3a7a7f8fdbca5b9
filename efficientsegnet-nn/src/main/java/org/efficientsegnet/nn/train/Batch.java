package org.efficientsegnet.nn.train;

import java.util.List;

/**
 * What goes through a network at once. The arrays are held, not copied.
 *
 * @param ids of the samples, for logs and messages
 * @param images normalised; sample after sample, each in C order z, y, x
 * @param labels of the same voxels: 0 is background, label i is channel i - 1
 */
public record Batch(List<String> ids, float[] images, byte[] labels) {

    /** @throws IllegalArgumentException if there are not as many labels as voxels */
    public Batch {
        ids = List.copyOf(ids);
        if (ids.isEmpty() || images.length != labels.length || images.length % ids.size() != 0) {
            throw new IllegalArgumentException("a batch of " + ids.size() + " samples with " + images.length
                    + " voxels and " + labels.length + " labels");
        }
    }

    /** The number of samples. */
    public int size() {
        return ids.size();
    }
}
