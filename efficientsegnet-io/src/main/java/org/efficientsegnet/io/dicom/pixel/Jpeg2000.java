// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom.pixel;

import java.util.Arrays;

/**
 * JPEG 2000, reversible (5/3) and not (9/7), one component of up to 16 bits (ITU-T T.800): tiles and their parts in any
 * order, all progression orders, precincts, layers, regions of interest, packet headers apart, all styles of code blocks.
 * A codestream that does not hold every packet of every tile is refused.
 *
 * <p>The work is bounded by the number of pixels, whatever a codestream says, and ends early if the thread is interrupted.
 */
final class Jpeg2000 {

    private static final byte[] JP2 = {0, 0, 0, 12, 'j', 'P', ' ', ' ', '\r', '\n', (byte) 0x87, '\n'};
    private static final long CODESTREAM = 0x6a703263;

    private Jpeg2000() {}

    static short[] decode(byte[] frame, PixelFormat format) throws CodecException {
        Jpeg2000Codestream codestream = Jpeg2000Codestream.of(unwrapped(frame), format);
        short[] pixels = new short[(int) format.pixels()];
        for (int i = 0; i < codestream.tiles().size(); i++) {
            tile(codestream, i, pixels, format.columns());
        }
        return pixels;
    }

    /** The codestream of a JP2 file (annex I), which DICOM does not allow and some archives hold all the same. */
    private static byte[] unwrapped(byte[] frame) throws CodecException {
        if (!Arrays.equals(frame, 0, Math.min(frame.length, JP2.length), JP2, 0, JP2.length)) {
            return frame;
        }
        for (long at = 0; at + 8 <= frame.length; ) {
            Jpeg2000Segment box = new Jpeg2000Segment(frame, (int) at, frame.length);
            long length = box.u32();
            long kind = box.u32();
            if (length == 1) {
                length = box.u32() << 32 | box.u32();
            } else if (length == 0) {
                length = frame.length - at;
            }
            if (length < box.at() - at || length > frame.length - at) {
                throw new CodecException(
                        "a JP2 box of " + length + " bytes at byte " + at + " of a frame of " + frame.length);
            }
            if (kind == CODESTREAM) {
                return Arrays.copyOfRange(frame, box.at(), (int) (at + length));
            }
            at += length;
        }
        throw new CodecException("the JP2 file has no codestream");
    }

    private static void tile(Jpeg2000Codestream codestream, int index, short[] pixels, int columns)
            throws CodecException {
        Jpeg2000Codestream.Size size = codestream.size();
        Jpeg2000Codestream.Tile data = codestream.tiles().get(index);
        Jpeg2000Header header = data.header();
        long bytes = data.packetHeaders() == null ? data.packets().length : data.packetHeaders().length;
        Jpeg2000Tile tile = new Jpeg2000Tile(size, index, header, bytes);
        Jpeg2000Packets.read(data, tile);
        int levels = header.transform().levels();
        int[] whole = new int[tile.width() * tile.height()];
        if (header.transform().reversible()) {
            coefficients(data, tile, whole, (band, from, to) -> {
                for (int i = from; i < to; i++) {
                    whole[i] /= 2;
                }
            });
            Jpeg2000Wavelet.reversible(whole, tile, levels);
        } else {
            float[] samples = new float[whole.length];
            coefficients(data, tile, whole, (band, from, to) -> {
                float half = 0.5f * band.step();
                for (int i = from; i < to; i++) {
                    samples[i] = whole[i] * half;
                }
            });
            Jpeg2000Wavelet.irreversible(samples, tile, levels);
            for (int i = 0; i < whole.length; i++) {
                whole[i] = (int) Math.rint(samples[i]);
            }
        }
        int shift = size.signed() ? 0 : 1 << size.precision() - 1;
        int least = size.signed() ? -(1 << size.precision() - 1) : 0;
        int most = least + (1 << size.precision()) - 1;
        for (int y = 0; y < tile.height(); y++) {
            int to = (tile.y0 - size.y0() + y) * columns + tile.x0 - size.x0();
            for (int x = 0; x < tile.width(); x++) {
                pixels[to + x] = (short) Math.max(least, Math.min(most, whole[y * tile.width() + x] + shift));
            }
        }
    }

    /** Scales the coefficients of a part of a row, which are in halves of the quantisation step. */
    private interface Scaling {
        void apply(Jpeg2000Tile.Subband band, int from, int to);
    }

    private static void coefficients(Jpeg2000Codestream.Tile data, Jpeg2000Tile tile, int[] into, Scaling scaling)
            throws CodecException {
        Jpeg2000Coefficients decoder = new Jpeg2000Coefficients(data.header());
        for (Jpeg2000Tile.Precinct precinct : tile.precincts()) {
            for (Jpeg2000Tile.Blocks blocks : precinct.bands) {
                Jpeg2000Tile.Subband band = blocks.band;
                for (Jpeg2000Block block : blocks.blocks) {
                    if (!block.included) {
                        continue;
                    }
                    if (Thread.currentThread().isInterrupted()) {
                        throw new CodecException("interrupted while a JPEG 2000 frame was decoded");
                    }
                    decoder.decode(block, band, data.packets());
                    for (int y = block.y0; y < block.y1; y++) {
                        int from = (band.top() + y - band.y0()) * tile.width() + band.left() + block.x0 - band.x0();
                        decoder.copyRow(y - block.y0, into, from);
                        scaling.apply(band, from, from + block.x1 - block.x0);
                    }
                }
            }
        }
    }
}
