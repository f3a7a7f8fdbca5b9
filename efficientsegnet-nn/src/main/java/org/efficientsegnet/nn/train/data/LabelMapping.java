// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.data;

import java.util.Arrays;
import java.util.List;
import org.efficientsegnet.nn.train.Batch;

/**
 * The labels of a data set as those of a network: by name, so that data sets that number them otherwise, or in which
 * some organs were not annotated, can be trained on together. Immutable.
 */
public final class LabelMapping {

    private final byte[] labels = new byte[256];
    private final boolean[] known;
    private final boolean identity;

    /**
     * @param from the data set's labels, the first is label 1
     * @param to the network's labels, the first is label 1; those that are not among {@code from} are not known
     * @throws IllegalArgumentException if the network lacks one of the data set's
     */
    public LabelMapping(List<String> from, List<String> to) {
        if (to.size() >= Batch.UNKNOWN) {
            throw new IllegalArgumentException(
                    "a network can be trained with " + (Batch.UNKNOWN - 1) + " labels at most, not " + to.size());
        }
        known = new boolean[to.size()];
        for (int i = 0; i < from.size(); i++) {
            int at = to.indexOf(from.get(i));
            if (at < 0) {
                throw new IllegalArgumentException(
                        "the network has no label \"" + from.get(i) + "\"; it has " + String.join(", ", to));
            }
            labels[i + 1] = (byte) (at + 1);
            known[at] = true;
        }
        labels[Batch.UNKNOWN] = (byte) Batch.UNKNOWN;
        identity = from.equals(to);
    }

    /** Whether any of the network's labels is not known in the data set. */
    public boolean isPartial() {
        for (boolean flag : known) {
            if (!flag) {
                return true;
            }
        }
        return false;
    }

    /** Whether a label of the network, the first is 1, is known in the data set. */
    public boolean knows(int label) {
        return known[label - 1];
    }

    /** The flags of {@link Sample#known}: empty if all are known. */
    boolean[] known() {
        return isPartial() ? known.clone() : new boolean[0];
    }

    /** The network's labels for the data set's; the array itself if they are the same. */
    public byte[] apply(byte[] values) {
        if (identity) {
            return values;
        }
        byte[] mapped = Arrays.copyOf(values, values.length);
        for (int i = 0; i < mapped.length; i++) {
            mapped[i] = labels[mapped[i] & 0xff];
        }
        return mapped;
    }

    /** A sample with the network's labels. */
    public Sample apply(Sample sample) {
        return new Sample(sample.id(), sample.shape(), sample.hu(), apply(sample.labels()), known());
    }
}
