// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.run;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.efficientsegnet.metrics.Dice;
import org.efficientsegnet.nn.train.Batch;
import org.efficientsegnet.nn.train.data.LabelMapping;
import org.efficientsegnet.nn.train.data.PreparedCase;
import org.efficientsegnet.nn.train.data.PreparedDataset;
import org.efficientsegnet.parallel.Parallelism;

/**
 * Compares what is found in cases that were held back with their labels, as far as these are known.
 *
 * @param labels the network's
 * @param windowLow black in pictures, HU
 * @param windowHigh white in pictures, HU
 * @param cases those that were held back
 */
record Validation(List<String> labels, float windowLow, float windowHigh, List<Cases> cases) {

    /** Cases of a data set. */
    record Cases(PreparedDataset dataset, List<String> ids) {}

    /**
     * What a validation gave.
     *
     * @param dice mean over the cases of each organ; NaN for an organ that none of them has
     * @param picture reference and prediction in the first case
     */
    record Result(Map<String, Double> dice, Optional<BufferedImage> picture) {}

    /** Finds labels in a case. */
    interface Finder {
        byte[] labels(PreparedCase prepared);
    }

    Result run(Finder finder) throws IOException {
        double[] sums = new double[labels.size()];
        int[] counts = new int[labels.size()];
        BufferedImage picture = null;
        for (Cases held : cases) {
            LabelMapping mapping = new LabelMapping(held.dataset().options().labels(), labels);
            for (String id : held.ids()) {
                PreparedCase prepared = held.dataset().load(id);
                byte[] reference = mapping.apply(prepared.labels());
                byte[] found = onlyKnown(finder.labels(prepared), reference);
                for (int i = 0; i < sums.length; i++) {
                    double dice =
                            mapping.knows(i + 1) ? Dice.of(reference, found, i + 1, Parallelism.common()) : Double.NaN;
                    if (!Double.isNaN(dice)) {
                        sums[i] += dice;
                        counts[i]++;
                    }
                }
                if (picture == null) {
                    picture = picture(prepared, reference, found);
                }
            }
        }
        Map<String, Double> dice = new LinkedHashMap<>();
        for (int i = 0; i < sums.length; i++) {
            dice.put(labels.get(i), counts[i] == 0 ? Double.NaN : sums[i] / counts[i]);
        }
        return new Result(dice, Optional.ofNullable(picture));
    }

    private BufferedImage picture(PreparedCase prepared, byte[] reference, byte[] found) {
        float[] values = new float[prepared.hu().length];
        for (int i = 0; i < values.length; i++) {
            values[i] = Math.max(windowLow, Math.min(windowHigh, prepared.hu()[i]));
        }
        int z = SlicePicture.busiest(prepared.shape(), reference);
        return SlicePicture.draw(prepared.shape(), values, z, reference, found);
    }

    private static byte[] onlyKnown(byte[] found, byte[] reference) {
        byte[] known = found.clone();
        for (int i = 0; i < known.length; i++) {
            if (reference[i] == (byte) Batch.UNKNOWN) {
                known[i] = 0;
            }
        }
        return known;
    }
}
