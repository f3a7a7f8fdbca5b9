// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.data;

import org.efficientsegnet.nn.train.Batch;
import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.preprocess.Resampler;
import org.efficientsegnet.volume.Layout;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Voxels;

/** Label maps on another grid: each label's mask is interpolated trilinearly, corners aligned, and cut at one half. */
final class LabelResampler {

    private LabelResampler() {}

    /**
     * @param labels of the whole grid
     * @param layout which of them, and how their axes lie
     * @param size the result's extent
     * @param classes the highest label; where two labels meet, the higher one wins
     * @param p the threads
     * @return labels, C order z, y, x
     */
    static byte[] resample(byte[] labels, Layout layout, Shape size, int classes, Parallelism p) {
        byte[] result = new byte[size.arrayLength()];
        byte[] mask = new byte[labels.length];
        for (int i = 1; i <= classes + 1; i++) {
            int label = i <= classes ? i : Batch.UNKNOWN;
            boolean any = false;
            for (int v = 0; v < labels.length; v++) {
                boolean set = labels[v] == (byte) label;
                mask[v] = (byte) (set ? 1 : 0);
                any |= set;
            }
            if (any) {
                float[] share = Resampler.trilinear(new Voxels.Bytes(mask, true), layout, 1, 0, size, p);
                for (int v = 0; v < share.length; v++) {
                    if (share[v] > 0.5f) {
                        result[v] = (byte) label;
                    }
                }
            }
        }
        return result;
    }
}
