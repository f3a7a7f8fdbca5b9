// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom.pixel;

import java.util.Arrays;

/**
 * Decodes the coefficients of code blocks from bit planes (ITU-T T.800 annex D), one block after the other. The work is
 * bounded: every pass goes once over the block, and a block has no more passes than its bit planes allow. Not thread-safe.
 */
final class Jpeg2000Coefficients {

    /** Magnitudes are kept with one bit below the last plane, for the middle of what is not known. */
    static final int FRACTION_BITS = 1;

    private static final int MOST_PLANES = 30;

    // What is known of a coefficient and its neighbours; the low eight bits choose the context.
    private static final int NORTH_EAST = 1;
    private static final int SOUTH_EAST = 2;
    private static final int SOUTH_WEST = 4;
    private static final int NORTH_WEST = 8;
    private static final int NORTH = 16;
    private static final int EAST = 32;
    private static final int SOUTH = 64;
    private static final int WEST = 128;
    private static final int NEIGHBOURS = 255;
    private static final int NORTH_NEGATIVE = 256;
    private static final int EAST_NEGATIVE = 512;
    private static final int SOUTH_NEGATIVE = 1024;
    private static final int WEST_NEGATIVE = 2048;
    private static final int SIGNIFICANT = 1 << 12;
    private static final int REFINED = 1 << 13;
    private static final int VISITED = 1 << 14;
    private static final int NEGATIVE = 1 << 15;

    private static final int ALL = -1;

    /** What a row that must not look at the next stripe sees. */
    private static final int NOT_BELOW = ~(SOUTH | SOUTH_EAST | SOUTH_WEST | SOUTH_NEGATIVE);

    private static final int SIGN_CONTEXT = 9;
    private static final int REFINED_CONTEXT = 16;
    private static final int RUN_CONTEXT = 17;
    private static final int UNIFORM_CONTEXT = 18;
    private static final int CONTEXTS = 19;
    private static final int SEGMENTATION_SYMBOL = 10;
    private static final int PLANES_BEFORE_BYPASS = 4;

    /** Contexts of significance by orientation of the subband and neighbours (table D.1). */
    private static final byte[][] SIGNIFICANCE = new byte[4][256];

    /** Contexts of signs by the neighbours' bits from NORTH on (table D.3); the bit that flips the sign is 128. */
    private static final byte[] SIGNS = new byte[256];

    static {
        for (int f = 0; f < 256; f++) {
            int h = count(f, EAST) + count(f, WEST);
            int v = count(f, NORTH) + count(f, SOUTH);
            int d = count(f, NORTH_EAST) + count(f, SOUTH_EAST) + count(f, SOUTH_WEST) + count(f, NORTH_WEST);
            SIGNIFICANCE[0][f] = (byte) across(h, v, d);
            SIGNIFICANCE[1][f] = (byte) across(v, h, d);
            SIGNIFICANCE[2][f] = (byte) across(h, v, d);
            SIGNIFICANCE[3][f] = (byte) diagonal(h + v, d);
            int flags = f << 4;
            int horizontal = sign(flags, EAST, EAST_NEGATIVE) + sign(flags, WEST, WEST_NEGATIVE);
            int vertical = sign(flags, NORTH, NORTH_NEGATIVE) + sign(flags, SOUTH, SOUTH_NEGATIVE);
            int code = 3 * Integer.signum(horizontal) + Integer.signum(vertical);
            SIGNS[f] = (byte) (SIGN_CONTEXT + Math.abs(code) | (code < 0 ? 128 : 0));
        }
    }

    private final Jpeg2000Header.Transform transform;
    private final int roiShift;
    private final MqDecoder mq = new MqDecoder(CONTEXTS);

    /** What the last row of a stripe sees. */
    private final int lastRow;

    /** Both with a border of one around the block. */
    private int[] magnitudes = new int[0];

    private int[] flags = new int[0];
    private byte[] bytes = new byte[256];
    private byte[] contexts = SIGNIFICANCE[0];
    private int width;
    private int height;
    private int stride;

    /** Where the bits that bypass the arithmetic decoder are read. */
    private int rawAt;

    private int rawEnd;
    private int rawByte;
    private int rawBits;

    Jpeg2000Coefficients(Jpeg2000Header header) {
        transform = header.transform();
        roiShift = header.roiShift();
        lastRow = transform.has(Jpeg2000Header.Transform.CAUSAL) ? NOT_BELOW : ALL;
    }

    private static int count(int flags, int bit) {
        return (flags & bit) != 0 ? 1 : 0;
    }

    private static int sign(int flags, int significant, int negative) {
        return (flags & significant) == 0 ? 0 : (flags & negative) == 0 ? 1 : -1;
    }

    private static int across(int h, int v, int d) {
        if (h == 2) {
            return 8;
        }
        if (h == 1) {
            return v >= 1 ? 7 : d >= 1 ? 6 : 5;
        }
        return v == 2 ? 4 : v == 1 ? 3 : Math.min(d, 2);
    }

    private static int diagonal(int hv, int d) {
        return switch (d) {
            case 0 -> Math.min(hv, 2);
            case 1 -> 3 + Math.min(hv, 2);
            case 2 -> hv >= 1 ? 7 : 6;
            default -> 8;
        };
    }

    /**
     * Decodes a block. Its values, {@link #copyRow}, stay until the next one.
     *
     * @param packets where the block's segments point
     */
    void decode(Jpeg2000Block block, Jpeg2000Tile.Subband band, byte[] packets) throws CodecException {
        width = block.x1 - block.x0;
        height = block.y1 - block.y0;
        stride = width + 2;
        int size = stride * (height + 2);
        if (flags.length < size) {
            flags = new int[size];
            magnitudes = new int[size];
        }
        Arrays.fill(flags, 0, size, 0);
        Arrays.fill(magnitudes, 0, size, 0);
        int planes = band.planes() + roiShift - block.zeroPlanes;
        if (planes > MOST_PLANES) {
            throw new CodecException("JPEG 2000 coefficients of " + planes + " bits are not decoded here");
        }
        contexts = SIGNIFICANCE[band.orientation()];
        resetContexts();
        int pass = 0;
        for (Jpeg2000Block.Segment segment : block.segments) {
            load(segment, packets);
            boolean raw = isRaw(pass);
            if (raw) {
                startRaw(segment.length());
            } else {
                mq.start(bytes, segment.length());
            }
            for (int i = 0; i < segment.passes; i++, pass++) {
                // The first pass is the last of the three of its plane.
                pass((pass + 2) % 3, planes - 1 - (pass + 2) / 3, raw);
                if (transform.has(Jpeg2000Header.Transform.RESET)) {
                    resetContexts();
                }
            }
        }
        // A shift by more bits than are decoded left nothing of a region of interest.
        if (roiShift > 0 && roiShift < MOST_PLANES) {
            shiftBack();
        }
    }

    private boolean isRaw(int pass) {
        return transform.has(Jpeg2000Header.Transform.BYPASS)
                && (pass + 2) / 3 >= PLANES_BEFORE_BYPASS
                && (pass + 2) % 3 < 2;
    }

    private void load(Jpeg2000Block.Segment segment, byte[] packets) {
        int length = segment.length();
        if (bytes.length < length + MqDecoder.BYTES_AFTER) {
            bytes = new byte[2 * length + MqDecoder.BYTES_AFTER];
        }
        segment.copy(packets, bytes);
    }

    private void resetContexts() {
        mq.reset();
        mq.set(0, 4);
        mq.set(RUN_CONTEXT, 3);
        mq.set(UNIFORM_CONTEXT, 46);
    }

    /** What a region of interest was shifted up by (annex H). */
    private void shiftBack() {
        int least = 1 << roiShift + FRACTION_BITS;
        for (int i = 0; i < stride * (height + 2); i++) {
            if (magnitudes[i] >= least) {
                magnitudes[i] >>= roiShift;
            }
        }
    }

    /**
     * Copies a row of the last block: coefficients in halves of the quantisation step, in the middle of what is known of
     * them.
     */
    void copyRow(int y, int[] to, int from) {
        int at = (y + 1) * stride + 1;
        for (int x = 0; x < width; x++, at++) {
            to[from + x] = (flags[at] & NEGATIVE) != 0 ? -magnitudes[at] : magnitudes[at];
        }
    }

    private void pass(int kind, int plane, boolean raw) throws CodecException {
        int one = 1 << plane + FRACTION_BITS;
        switch (kind) {
            case 0 -> significance(one | one >> 1, raw);
            case 1 -> refinement(one >> 1, raw);
            default -> {
                cleanUp(one | one >> 1);
                if (transform.has(Jpeg2000Header.Transform.SEGMENTATION_SYMBOLS)) {
                    int symbol = 0;
                    for (int i = 0; i < 4; i++) {
                        symbol = symbol << 1 | mq.bit(UNIFORM_CONTEXT);
                    }
                    if (symbol != SEGMENTATION_SYMBOL) {
                        throw new CodecException("a JPEG 2000 code block is damaged: its segmentation symbol is wrong");
                    }
                }
            }
        }
    }

    private void significance(int value, boolean raw) {
        int[] known = flags;
        for (int stripe = 0; stripe < height; stripe += 4) {
            int end = Math.min(stripe + 4, height);
            for (int x = 0; x < width; x++) {
                int at = (stripe + 1) * stride + x + 1;
                for (int y = stripe; y < end; y++, at += stride) {
                    int f = known[at];
                    if ((f & NEIGHBOURS) == 0 || (f & SIGNIFICANT) != 0) {
                        continue;
                    }
                    f &= y == stripe + 3 ? lastRow : ALL;
                    if ((f & NEIGHBOURS) == 0) {
                        continue;
                    }
                    if ((raw ? rawBit() : mq.bit(contexts[f & NEIGHBOURS])) == 1) {
                        becomeSignificant(at, value, raw ? -rawBit() : sign(f));
                    }
                    known[at] |= VISITED;
                }
            }
        }
    }

    private void refinement(int half, boolean raw) {
        int[] known = flags;
        int[] values = magnitudes;
        for (int stripe = 0; stripe < height; stripe += 4) {
            int end = Math.min(stripe + 4, height);
            for (int x = 0; x < width; x++) {
                int at = (stripe + 1) * stride + x + 1;
                for (int y = stripe; y < end; y++, at += stride) {
                    int f = known[at];
                    if ((f & (SIGNIFICANT | VISITED)) != SIGNIFICANT) {
                        continue;
                    }
                    int context = REFINED_CONTEXT;
                    if ((f & REFINED) == 0) {
                        f &= y == stripe + 3 ? lastRow : ALL;
                        context -= (f & NEIGHBOURS) != 0 ? 1 : 2;
                    }
                    int zero = (raw ? rawBit() : mq.bit(context)) - 1;
                    values[at] += (half ^ zero) - zero;
                    known[at] |= REFINED;
                }
            }
        }
    }

    private void cleanUp(int value) {
        int[] known = flags;
        for (int stripe = 0; stripe < height; stripe += 4) {
            int end = Math.min(stripe + 4, height);
            for (int x = 0; x < width; x++) {
                int at = (stripe + 1) * stride + x + 1;
                int y = stripe;
                boolean found = false;
                if (end - stripe == 4 && isQuiet(at)) {
                    if (mq.bit(RUN_CONTEXT) == 0) {
                        continue;
                    }
                    int run = mq.bit(UNIFORM_CONTEXT) << 1;
                    run |= mq.bit(UNIFORM_CONTEXT);
                    y += run;
                    at += run * stride;
                    found = true;
                }
                for (; y < end; y++, at += stride) {
                    int f = known[at];
                    if ((f & (SIGNIFICANT | VISITED)) == 0) {
                        f &= y == stripe + 3 ? lastRow : ALL;
                        if (found || mq.bit(contexts[f & NEIGHBOURS]) == 1) {
                            becomeSignificant(at, value, sign(f));
                            found = false;
                        }
                    }
                    known[at] &= ~VISITED;
                }
            }
        }
    }

    /** Whether nothing is known of a column of four and its neighbours. */
    private boolean isQuiet(int at) {
        int all = flags[at] | flags[at + stride] | flags[at + 2 * stride] | flags[at + 3 * stride] & lastRow;
        return (all & (SIGNIFICANT | VISITED | NEIGHBOURS)) == 0;
    }

    /** All ones if the coefficient is negative, else 0. */
    private int sign(int f) {
        int sign = SIGNS[f >> 4 & 255];
        return -(mq.bit(sign & 127) ^ sign >>> 31);
    }

    /** @param negative all ones or 0 */
    private void becomeSignificant(int at, int value, int negative) {
        int[] known = flags;
        int above = at - stride;
        int below = at + stride;
        magnitudes[at] = value;
        known[at] |= SIGNIFICANT | NEGATIVE & negative;
        known[above] |= SOUTH | SOUTH_NEGATIVE & negative;
        known[below] |= NORTH | NORTH_NEGATIVE & negative;
        known[at - 1] |= EAST | EAST_NEGATIVE & negative;
        known[at + 1] |= WEST | WEST_NEGATIVE & negative;
        known[above - 1] |= SOUTH_EAST;
        known[above + 1] |= SOUTH_WEST;
        known[below - 1] |= NORTH_EAST;
        known[below + 1] |= NORTH_WEST;
    }

    private void startRaw(int length) {
        rawAt = 0;
        rawEnd = length;
        rawByte = 0;
        rawBits = 0;
    }

    /** After a byte of ones the next one has seven bits; ones stand for what an encoder left out. */
    private int rawBit() {
        if (rawBits == 0) {
            int previous = rawByte;
            rawByte = rawAt < rawEnd ? bytes[rawAt++] & 0xff : 0xff;
            rawBits = previous == 0xff ? 7 : 8;
        }
        rawBits--;
        return rawByte >> rawBits & 1;
    }
}
