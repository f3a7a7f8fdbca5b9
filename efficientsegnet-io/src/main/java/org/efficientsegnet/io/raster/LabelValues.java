// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.raster;

import java.nio.file.Path;
import org.efficientsegnet.io.format.FormatException;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.Volume;
import org.efficientsegnet.volume.Voxels;

/** Label maps out of volumes. */
public final class LabelValues {

    private static final int RUN = 1 << 14;

    private LabelValues() {}

    /**
     * Takes a volume's values for labels.
     *
     * @param file for messages
     * @throws FormatException if a value is not a whole number from 0 to 255
     */
    public static LabelMap of(Path file, Volume volume) throws FormatException {
        if (volume.voxels() instanceof Voxels.Bytes b && b.unsigned() && isIdentity(volume)) {
            return LabelMap.of(volume.shape(), volume.geometry(), b.values());
        }
        byte[] labels = new byte[volume.voxels().length()];
        float[] run = new float[Math.min(RUN, labels.length)];
        for (int at = 0; at < labels.length; at += RUN) {
            int n = Math.min(RUN, labels.length - at);
            volume.voxels().copyTo(at, 1, run, 0, n);
            for (int i = 0; i < n; i++) {
                double value = volume.slope() * run[i] + volume.intercept();
                int label = (int) value;
                if (label != value || label < 0 || label > 255) {
                    throw new FormatException(
                            file,
                            "voxel data",
                            "voxel " + (at + i) + " holds " + value,
                            "Labels are whole numbers from 0 to 255; is this the scan instead of its label map?");
                }
                labels[at + i] = (byte) label;
            }
        }
        return LabelMap.of(volume.shape(), volume.geometry(), labels);
    }

    private static boolean isIdentity(Volume volume) {
        return volume.slope() == 1 && volume.intercept() == 0;
    }
}
