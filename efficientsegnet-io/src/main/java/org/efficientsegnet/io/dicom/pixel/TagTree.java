// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom.pixel;

import java.util.Arrays;

/**
 * The tag trees of JPEG 2000 (ITU-T T.800 section B.10.2): a table of whole numbers, of which a node of a quadtree over it
 * holds the least below. Not thread-safe.
 */
final class TagTree {

    private static final int UNKNOWN = Integer.MAX_VALUE;

    private final int[] parents;
    private final int[] values;
    private final int[] lowerBounds;
    private final int[] path = new int[33];

    TagTree(int width, int height) {
        int nodes = 0;
        for (int w = width, h = height; ; w = w + 1 >> 1, h = h + 1 >> 1) {
            nodes += w * h;
            if (w * h <= 1) {
                break;
            }
        }
        parents = new int[nodes];
        values = new int[nodes];
        lowerBounds = new int[nodes];
        Arrays.fill(values, UNKNOWN);
        int first = 0;
        for (int w = width, h = height; w * h > 1; w = w + 1 >> 1, h = h + 1 >> 1) {
            int above = first + w * h;
            for (int y = 0; y < h; y++) {
                for (int x = 0; x < w; x++) {
                    parents[first + y * w + x] = above + (y >> 1) * (w + 1 >> 1) + (x >> 1);
                }
            }
            first = above;
        }
        if (nodes > 0) {
            parents[nodes - 1] = -1;
        }
    }

    /** Reads as many bits as it takes to know whether a leaf's number is below a threshold. */
    boolean isBelow(int leaf, int threshold, Jpeg2000Packets in) throws CodecException {
        int depth = 0;
        for (int node = leaf; node >= 0; node = parents[node]) {
            path[depth++] = node;
        }
        int low = 0;
        while (depth > 0) {
            int node = path[--depth];
            low = Math.max(low, lowerBounds[node]);
            while (low < threshold && low < values[node]) {
                if (in.bit() == 1) {
                    values[node] = low;
                } else {
                    low++;
                }
            }
            lowerBounds[node] = low;
        }
        return values[leaf] < threshold;
    }
}
