// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.postprocess;

import org.efficientsegnet.bytes.ByteRows;
import org.efficientsegnet.volume.Layout;
import org.efficientsegnet.volume.Shape;

/** From masks, in which classes may overlap, to a label map, in which they do not. Thread-safe: pure functions. */
public final class LabelPainter {

    private LabelPainter() {}

    /**
     * Writes the label of every marked voxel; where classes overlap, the later one wins, as it does over what stood
     * there before. Voxels that are not marked are left as they are.
     *
     * @param masks a byte a voxel, C order z, y, x, bit {@code c} for label {@code firstLabel + c}
     * @param classes how many bits count, 1 to 8
     * @param firstLabel the label of bit 0, at least 1
     * @param maskShape extent of the masks
     * @param labels written to
     * @param target where the masks' voxels lie in {@code labels}: a crop, flipped and turned as need be
     * @throws IllegalArgumentException if the extents differ, or a label does not fit into a byte
     */
    public static void paint(byte[] masks, int classes, int firstLabel, Shape maskShape, byte[] labels, Layout target) {
        if (!target.shape().equals(maskShape) || masks.length != maskShape.voxels()) {
            throw new IllegalArgumentException("masks of " + maskShape + " (" + masks.length
                    + " bytes) cannot be painted into a region of " + target.shape());
        }
        if (classes < 1 || classes > 8 || firstLabel < 1 || firstLabel + classes - 1 > 255) {
            throw new IllegalArgumentException("labels " + firstLabel + " to " + (firstLabel + classes - 1)
                    + " are not 1 to 8 labels from 1 to 255");
        }
        int bits = (1 << classes) - 1;
        byte[] labelOf = new byte[bits + 1];
        for (int set = 1; set <= bits; set++) {
            labelOf[set] = (byte) (firstLabel + 31 - Integer.numberOfLeadingZeros(set));
        }
        int width = maskShape.x();
        int stride = target.strideX();
        for (int z = 0; z < maskShape.z(); z++) {
            for (int y = 0; y < maskShape.y(); y++) {
                int row = maskShape.index(z, y, 0);
                int at = target.index(z, y, 0);
                int i = row;
                while ((i = ByteRows.nextSet(masks, i, row + width, bits)) < row + width) {
                    labels[at + (i - row) * stride] = labelOf[masks[i] & bits];
                    i++;
                }
            }
        }
    }
}
