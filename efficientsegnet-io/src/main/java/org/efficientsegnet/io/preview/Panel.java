// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.preview;

import java.awt.Color;
import java.awt.image.BufferedImage;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import org.efficientsegnet.volume.Axis;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.Layout;
import org.efficientsegnet.volume.Volume;

/** One slice with its organs, as an image. */
final class Panel {

    private static final double OUTLINE_OPACITY = 0.95;

    private final View view;
    private final Plane plane;
    private final int width;
    private final int height;
    private final double mmPerPixel;

    Panel(View view, Plane plane, double mmPerPixel) {
        this.view = view;
        this.plane = plane;
        this.mmPerPixel = mmPerPixel;
        width = Math.max(1, (int) Math.round(view.extent(plane.columns()) / mmPerPixel));
        height = Math.max(1, (int) Math.round(view.extent(plane.rows()) / mmPerPixel));
    }

    Plane plane() {
        return plane;
    }

    int width() {
        return width;
    }

    int height() {
        return height;
    }

    /** Where an index along an axis that the panel shows lies, in pixels from its left or upper edge. */
    double pixel(Axis axis, double index) {
        return (index + 0.5 - view.from()[axis.ordinal()]) * view.spacing(axis) / mmPerPixel;
    }

    /** Renders the slice. */
    BufferedImage render(Volume volume, LabelMap labels, PreviewOptions options) {
        float[][] hu = resample(grey(volume), Resampling.SHARP);
        int[] pixels = new int[width * height];
        double black = options.windowCenter() - options.windowWidth() / 2;
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                double grey = 255 * (hu[y][x] - black) / options.windowWidth();
                pixels[y * width + x] = 0x010101 * (int) Math.min(Math.max(grey, 0), 255);
            }
        }
        byte[][] slice = labels(labels);
        // The outline grows with the picture, so that it looks the same when that is shown smaller.
        double outline = Math.max(1.2, options.width() / 1000.0);
        for (int label : present(slice)) {
            float[][] mask = new float[slice.length][slice[0].length];
            for (int r = 0; r < mask.length; r++) {
                for (int c = 0; c < mask[r].length; c++) {
                    mask[r][c] = (slice[r][c] & 0xff) == label ? 1 : 0;
                }
            }
            blend(
                    pixels,
                    resample(mask, Resampling.SMOOTH),
                    Palette.organ(label, labels.names().getOrDefault(label, "")),
                    options.opacity(),
                    outline);
        }
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        image.setRGB(0, 0, width, height, pixels, 0, width);
        return image;
    }

    private float[][] grey(Volume volume) {
        Layout layout = view.layout();
        int columns = layout.shape().along(plane.columns());
        int rows = layout.shape().along(plane.rows());
        int stride = layout.stride(plane.columns());
        float[][] hu = new float[rows][columns];
        for (int row = 0; row < rows; row++) {
            int start = plane.rowStart(layout, view.slice(plane), row);
            volume.voxels().copyTo(start, stride, hu[row], 0, columns);
            for (int c = 0; c < columns; c++) {
                float value = (float) (volume.slope() * hu[row][c] + volume.intercept());
                hu[row][c] = Float.isFinite(value) ? value : Float.MIN_VALUE;
            }
        }
        return hu;
    }

    private byte[][] labels(LabelMap labels) {
        Layout layout = view.layout();
        byte[][] slice =
                new byte[layout.shape().along(plane.rows())][layout.shape().along(plane.columns())];
        int stride = layout.stride(plane.columns());
        for (int row = 0; row < slice.length; row++) {
            int at = plane.rowStart(layout, view.slice(plane), row);
            for (int c = 0; c < slice[row].length; c++, at += stride) {
                slice[row][c] = labels.labels()[at];
            }
        }
        return slice;
    }

    private static Set<Integer> present(byte[][] slice) {
        boolean[] seen = new boolean[256];
        for (byte[] row : slice) {
            for (byte label : row) {
                seen[label & 0xff] = true;
            }
        }
        Set<Integer> present = new TreeSet<>();
        for (int label = 1; label < 256; label++) {
            if (seen[label]) {
                present.add(label);
            }
        }
        return present;
    }

    private float[][] resample(float[][] values, double[] kernel) {
        return Resampling.apply(
                values,
                axis(plane.rows(), height, values.length, kernel),
                axis(plane.columns(), width, values[0].length, kernel));
    }

    private Resampling axis(Axis axis, int pixels, int voxels, double[] kernel) {
        return new Resampling(pixels, view.from()[axis.ordinal()], mmPerPixel / view.spacing(axis), voxels, kernel);
    }

    /**
     * Lays a colour over the pixels where a smoothed mask is above one half. The distance to the border, which makes
     * edges smooth and outlines even, is the mask's excess divided by its slope.
     */
    private void blend(int[] pixels, float[][] mask, Color color, double opacity, double outline) {
        int[] rgb = {color.getRed(), color.getGreen(), color.getBlue()};
        float[] none = new float[width];
        for (int y = 0; y < height; y++) {
            float[] row = mask[y];
            float[] above = y > 0 ? mask[y - 1] : row;
            float[] below = y + 1 < height ? mask[y + 1] : row;
            if (Arrays.equals(row, none)) {
                continue;
            }
            for (int x = 0; x < width; x++) {
                double dx = (row[Math.min(x + 1, width - 1)] - row[Math.max(x - 1, 0)]) / 2;
                double dy = (below[x] - above[x]) / 2;
                double distance = (row[x] - 0.5) / (Math.hypot(dx, dy) + 1e-4);
                double inside = coverage(distance);
                if (inside <= 0) {
                    continue;
                }
                double border = inside - coverage(distance - outline);
                double alpha = opacity * inside * (1 - border) + OUTLINE_OPACITY * border;
                int pixel = pixels[y * width + x];
                int blended = 0;
                for (int shift = 16, i = 0; i < 3; shift -= 8, i++) {
                    int under = pixel >> shift & 0xff;
                    blended |= (int) Math.round(under + alpha * (rgb[i] - under)) << shift;
                }
                pixels[y * width + x] = blended;
            }
        }
    }

    private static double coverage(double distance) {
        return Math.min(Math.max(distance + 0.5, 0), 1);
    }
}
