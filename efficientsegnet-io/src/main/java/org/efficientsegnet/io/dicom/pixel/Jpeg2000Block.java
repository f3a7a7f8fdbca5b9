// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom.pixel;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A code block of JPEG 2000, and what packets said about it so far. Not thread-safe. */
final class Jpeg2000Block {

    /** Passes before bits may bypass the arithmetic coder, and how many are then in a segment by turns (table D.9). */
    private static final int PASSES_BEFORE_BYPASS = 10;

    /** Coding passes whose bytes are one run of the decoder: they may come in pieces, in several packets. */
    static final class Segment {
        final int mostPasses;
        int passes;
        private int[] pieces = new int[2];
        private int count;

        Segment(int mostPasses) {
            this.mostPasses = mostPasses;
        }

        void add(int from, int length) {
            if (count == pieces.length) {
                pieces = Arrays.copyOf(pieces, 2 * count);
            }
            pieces[count++] = from;
            pieces[count++] = length;
        }

        int length() {
            int length = 0;
            for (int i = 1; i < count; i += 2) {
                length += pieces[i];
            }
            return length;
        }

        void copy(byte[] from, byte[] to) {
            int at = 0;
            for (int i = 0; i < count; i += 2) {
                System.arraycopy(from, pieces[i], to, at, pieces[i + 1]);
                at += pieces[i + 1];
            }
        }
    }

    final int x0;
    final int y0;
    final int x1;
    final int y1;
    final List<Segment> segments = new ArrayList<>(1);
    boolean included;
    int zeroPlanes;
    int lengthBits = 3;
    int passes;

    Jpeg2000Block(int x0, int y0, int x1, int y1) {
        this.x0 = x0;
        this.y0 = y0;
        this.x1 = x1;
        this.y1 = y1;
    }

    /** The segment that the next pass belongs to. */
    Segment open(Jpeg2000Header.Transform transform) {
        Segment last = segments.isEmpty() ? null : segments.get(segments.size() - 1);
        if (last != null && last.passes < last.mostPasses) {
            return last;
        }
        int most = Integer.MAX_VALUE;
        if (transform.has(Jpeg2000Header.Transform.TERMINATE)) {
            most = 1;
        } else if (transform.has(Jpeg2000Header.Transform.BYPASS)) {
            most = last == null ? PASSES_BEFORE_BYPASS : last.mostPasses == 2 ? 1 : 2;
        }
        Segment next = new Segment(most);
        segments.add(next);
        return next;
    }
}
