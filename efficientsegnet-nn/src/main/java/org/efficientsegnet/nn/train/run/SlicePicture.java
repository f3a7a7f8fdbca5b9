// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.run;

import java.awt.Color;
import java.awt.image.BufferedImage;
import java.util.Arrays;
import org.efficientsegnet.nn.train.Batch;
import org.efficientsegnet.volume.Shape;

/**
 * An axial slice with its labels in colour, the one with the most of them; as seen from the feet, the patient's right on
 * the left of the picture. What is not known is dimmed.
 */
final class SlicePicture {

    private static final float OPACITY = 0.45f;
    private static final float GOLDEN = 0.618034f;

    private SlicePicture() {}

    /** The slice of a grid in which most voxels have a label; its middle if none has one. */
    static int busiest(Shape shape, byte[] labels) {
        int best = shape.z() / 2;
        int most = 0;
        for (int z = 0; z < shape.z(); z++) {
            int count = 0;
            for (int i = shape.index(z, 0, 0); i < shape.index(z, 0, 0) + shape.y() * shape.x(); i++) {
                count += labels[i] != 0 && labels[i] != (byte) Batch.UNKNOWN ? 1 : 0;
            }
            if (count > most) {
                most = count;
                best = z;
            }
        }
        return best;
    }

    /**
     * Draws label maps of one image side by side.
     *
     * @param shape extent, axes growing towards Superior, Anterior, Right
     * @param values a value a voxel, C order z, y, x; the slice's least is black, its greatest white
     * @param z the slice
     * @param maps labels of the same grid
     */
    static BufferedImage draw(Shape shape, float[] values, int z, byte[]... maps) {
        int from = shape.index(z, 0, 0);
        float[] slice = Arrays.copyOfRange(values, from, from + shape.y() * shape.x());
        float low = Float.MAX_VALUE;
        float high = -Float.MAX_VALUE;
        for (float value : slice) {
            low = Math.min(low, value);
            high = Math.max(high, value);
        }
        float scale = high > low ? 1 / (high - low) : 0;
        BufferedImage image = new BufferedImage(maps.length * shape.x(), shape.y(), BufferedImage.TYPE_INT_RGB);
        for (int map = 0; map < maps.length; map++) {
            for (int y = 0; y < shape.y(); y++) {
                for (int x = 0; x < shape.x(); x++) {
                    float grey = (slice[y * shape.x() + x] - low) * scale;
                    int label = maps[map][shape.index(z, y, x)] & 0xff;
                    image.setRGB(
                            map * shape.x() + shape.x() - 1 - x,
                            shape.y() - 1 - y,
                            colour(grey, label).getRGB());
                }
            }
        }
        return image;
    }

    private static Color colour(float grey, int label) {
        if (label == 0) {
            return new Color(grey, grey, grey);
        }
        if (label == Batch.UNKNOWN) {
            return new Color(grey / 2, grey / 2, grey / 2);
        }
        float[] tint = Color.getHSBColor(label * GOLDEN, 0.85f, 1).getRGBColorComponents(null);
        return new Color(mixed(grey, tint[0]), mixed(grey, tint[1]), mixed(grey, tint[2]));
    }

    private static float mixed(float grey, float tint) {
        return Math.min(1, (1 - OPACITY) * grey + OPACITY * tint);
    }
}
