// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.raster;

import org.efficientsegnet.volume.Volume;
import org.efficientsegnet.volume.Voxels;

/** Volumes as plain HU, for formats that store no slope and intercept. */
public final class HuVoxels {

    private HuVoxels() {}

    /**
     * The volume's HU: its own array if stored values are HU, signed 16-bit if they all are whole numbers of that
     * range, else 32-bit floating point.
     */
    public static Voxels of(Volume volume) {
        if (volume.slope() == 1 && volume.intercept() == 0) {
            return volume.voxels();
        }
        float[] hu = new float[volume.voxels().length()];
        volume.voxels().copyTo(0, 1, hu, 0, hu.length);
        boolean whole = true;
        for (int i = 0; i < hu.length; i++) {
            hu[i] = (float) (volume.slope() * hu[i] + volume.intercept());
            whole &= hu[i] == (short) hu[i];
        }
        if (!whole) {
            return new Voxels.Floats(hu);
        }
        short[] shorts = new short[hu.length];
        for (int i = 0; i < hu.length; i++) {
            shorts[i] = (short) hu[i];
        }
        return new Voxels.Shorts(shorts, false);
    }
}
