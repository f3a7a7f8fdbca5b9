// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom.pixel;

/**
 * The inverse wavelet transforms of JPEG 2000 (ITU-T T.800 annex F), in place: from subbands that lie side by side, the low
 * ones first, to samples. Pure functions.
 */
final class Jpeg2000Wavelet {

    private static final float ALPHA = -1.586134342059924f;
    private static final float BETA = -0.052980118572961f;
    private static final float GAMMA = 0.882911075530934f;
    private static final float DELTA = 0.443506852043971f;
    private static final float K = 1.230174104914001f;

    /** Columns that are lifted together, row by row: what fits into the cache. */
    private static final int STRIP = 32;

    private Jpeg2000Wavelet() {}

    /** Undoes all decompositions of a tile by 5/3. */
    static void reversible(int[] samples, Jpeg2000Tile tile, int levels) {
        int stride = tile.width();
        int[] buffer = new int[Math.max(tile.width(), tile.height() * STRIP)];
        for (int r = 1; r <= levels; r++) {
            int width = tile.atResolution(tile.x1, r) - tile.atResolution(tile.x0, r);
            int height = tile.atResolution(tile.y1, r) - tile.atResolution(tile.y0, r);
            int lowWidth = tile.atResolution(tile.x1, r - 1) - tile.atResolution(tile.x0, r - 1);
            int lowHeight = tile.atResolution(tile.y1, r - 1) - tile.atResolution(tile.y0, r - 1);
            int oddX = tile.atResolution(tile.x0, r) & 1;
            int oddY = tile.atResolution(tile.y0, r) & 1;
            for (int y = 0; y < height; y++) {
                for (int i = 0; i < width; i++) {
                    buffer[place(i, lowWidth, oddX)] = samples[y * stride + i];
                }
                lift(buffer, width, oddX, 1);
                System.arraycopy(buffer, 0, samples, y * stride, width);
            }
            for (int x = 0; x < width; x += STRIP) {
                int columns = Math.min(STRIP, width - x);
                for (int i = 0; i < height; i++) {
                    System.arraycopy(samples, i * stride + x, buffer, place(i, lowHeight, oddY) * columns, columns);
                }
                lift(buffer, height, oddY, columns);
                for (int i = 0; i < height; i++) {
                    System.arraycopy(buffer, i * columns, samples, i * stride + x, columns);
                }
            }
        }
    }

    /** Undoes all decompositions of a tile by 9/7. */
    static void irreversible(float[] samples, Jpeg2000Tile tile, int levels) {
        int stride = tile.width();
        float[] buffer = new float[Math.max(tile.width(), tile.height() * STRIP)];
        for (int r = 1; r <= levels; r++) {
            int width = tile.atResolution(tile.x1, r) - tile.atResolution(tile.x0, r);
            int height = tile.atResolution(tile.y1, r) - tile.atResolution(tile.y0, r);
            int lowWidth = tile.atResolution(tile.x1, r - 1) - tile.atResolution(tile.x0, r - 1);
            int lowHeight = tile.atResolution(tile.y1, r - 1) - tile.atResolution(tile.y0, r - 1);
            int oddX = tile.atResolution(tile.x0, r) & 1;
            int oddY = tile.atResolution(tile.y0, r) & 1;
            for (int y = 0; y < height; y++) {
                for (int i = 0; i < width; i++) {
                    buffer[place(i, lowWidth, oddX)] = samples[y * stride + i];
                }
                lift(buffer, width, oddX, 1);
                System.arraycopy(buffer, 0, samples, y * stride, width);
            }
            for (int x = 0; x < width; x += STRIP) {
                int columns = Math.min(STRIP, width - x);
                for (int i = 0; i < height; i++) {
                    System.arraycopy(samples, i * stride + x, buffer, place(i, lowHeight, oddY) * columns, columns);
                }
                lift(buffer, height, oddY, columns);
                for (int i = 0; i < height; i++) {
                    System.arraycopy(buffer, i * columns, samples, i * stride + x, columns);
                }
            }
        }
    }

    /** Where a coefficient goes: low ones to even coordinates, high ones to odd; {@code odd} is the first one's. */
    private static int place(int i, int lows, int odd) {
        return i < lows ? 2 * i + odd : 2 * (i - lows) + 1 - odd;
    }

    /** {@code n} rows of {@code columns} samples: section F.3.8.2.1, which rounds. */
    private static void lift(int[] rows, int n, int odd, int columns) {
        if (n == 1) {
            for (int x = 0; odd == 1 && x < columns; x++) {
                rows[x] /= 2;
            }
            return;
        }
        for (int i = odd; i < n; i += 2) {
            int above = (i > 0 ? i - 1 : 1) * columns;
            int below = (i < n - 1 ? i + 1 : n - 2) * columns;
            for (int x = 0; x < columns; x++) {
                rows[i * columns + x] -= rows[above + x] + rows[below + x] + 2 >> 2;
            }
        }
        for (int i = 1 - odd; i < n; i += 2) {
            int above = (i > 0 ? i - 1 : 1) * columns;
            int below = (i < n - 1 ? i + 1 : n - 2) * columns;
            for (int x = 0; x < columns; x++) {
                rows[i * columns + x] += rows[above + x] + rows[below + x] >> 1;
            }
        }
    }

    /** {@code n} rows of {@code columns} samples: section F.3.8.2.2. */
    private static void lift(float[] rows, int n, int odd, int columns) {
        if (n == 1) {
            for (int x = 0; odd == 1 && x < columns; x++) {
                rows[x] *= 0.5f;
            }
            return;
        }
        for (int i = 0; i < n; i++) {
            float scale = (i & 1) == odd ? K : 1 / K;
            for (int x = 0; x < columns; x++) {
                rows[i * columns + x] *= scale;
            }
        }
        step(rows, n, odd, columns, DELTA);
        step(rows, n, 1 - odd, columns, GAMMA);
        step(rows, n, odd, columns, BETA);
        step(rows, n, 1 - odd, columns, ALPHA);
    }

    private static void step(float[] rows, int n, int first, int columns, float factor) {
        for (int i = first; i < n; i += 2) {
            int above = (i > 0 ? i - 1 : 1) * columns;
            int below = (i < n - 1 ? i + 1 : n - 2) * columns;
            for (int x = 0; x < columns; x++) {
                rows[i * columns + x] -= factor * (rows[above + x] + rows[below + x]);
            }
        }
    }
}
