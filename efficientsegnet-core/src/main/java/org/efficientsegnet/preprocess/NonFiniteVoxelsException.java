// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.preprocess;

import org.efficientsegnet.SegmentationException;

/** A scan holds voxels that are not a number or infinite. */
public final class NonFiniteVoxelsException extends SegmentationException {

    private static final long serialVersionUID = 1L;

    private final long count;

    /**
     * @param count how many voxels
     * @param z slice of the first one, in the volume's own axes
     * @param y its row
     * @param x its column
     */
    public NonFiniteVoxelsException(long count, int z, int y, int x) {
        super(count + (count == 1 ? " voxel is" : " voxels are") + " not a finite number of HU, the first at z " + z
                + ", y " + y + ", x " + x + "; give such voxels a value, air (-1024 HU) for instance");
        this.count = count;
    }

    /** How many voxels. */
    public long count() {
        return count;
    }
}
