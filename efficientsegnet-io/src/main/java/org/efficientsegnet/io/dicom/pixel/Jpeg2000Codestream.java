// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom.pixel;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A JPEG 2000 codestream (ITU-T T.800 annex A) taken apart: the grid, and for each tile its header, its packets and, where
 * they were kept apart, the headers of its packets. Parts of a tile are put together in their order; how many there are
 * is not asked for, as encoders may leave it open. Whether a tile is complete, its packets show.
 *
 * @param size the image and its tiles
 * @param tiles by their number, from 0 without a gap
 */
record Jpeg2000Codestream(Size size, List<Tile> tiles) {

    private static final int SOC = 0xff4f;
    private static final int CAP = 0xff50;
    private static final int SIZ = 0xff51;
    private static final int COD = 0xff52;
    private static final int COC = 0xff53;
    private static final int TLM = 0xff55;
    private static final int PLM = 0xff57;
    private static final int PLT = 0xff58;
    private static final int QCD = 0xff5c;
    private static final int QCC = 0xff5d;
    private static final int RGN = 0xff5e;
    private static final int POC = 0xff5f;
    private static final int PPM = 0xff60;
    private static final int PPT = 0xff61;
    private static final int CRG = 0xff63;
    private static final int COM = 0xff64;
    private static final int SOT = 0xff90;
    private static final int SOD = 0xff93;
    private static final int EOC = 0xffd9;

    /** The least bytes of a tile part: SOT and SOD. */
    private static final int SMALLEST_PART = 14;

    /**
     * Of SIZ (table A.9): coordinates on the reference grid, ends exclusive.
     *
     * @param tileX where the first tile begins
     * @param tilesWide number of tiles side by side
     */
    record Size(
            int x0,
            int y0,
            int x1,
            int y1,
            long tileX,
            long tileY,
            long tileWidth,
            long tileHeight,
            int tilesWide,
            int tilesHigh,
            int precision,
            boolean signed) {

        int tileX0(int tile) {
            return (int) Math.max(x0, tileX + tile % tilesWide * tileWidth);
        }

        int tileX1(int tile) {
            return (int) Math.min(x1, tileX + (tile % tilesWide + 1) * tileWidth);
        }

        int tileY0(int tile) {
            return (int) Math.max(y0, tileY + tile / tilesWide * tileHeight);
        }

        int tileY1(int tile) {
            return (int) Math.min(y1, tileY + (tile / tilesWide + 1) * tileHeight);
        }
    }

    /**
     * What there is of a tile.
     *
     * @param packets its packets, or their bodies if the headers are apart
     * @param packetHeaders the headers, if they are apart; else null
     * @param open whether its length was not declared, so that what follows the packets may be the end of the codestream
     */
    record Tile(Jpeg2000Header header, byte[] packets, byte[] packetHeaders, boolean open) {}

    /** Takes a codestream apart; the size is checked against the data set before anything is allocated. */
    static Jpeg2000Codestream of(byte[] frame, PixelFormat format) throws CodecException {
        return new Parser(frame, format).parse();
    }

    private static final class TileParts {
        private final Jpeg2000Header.Builder header;
        private final ByteArrayOutputStream packets = new ByteArrayOutputStream();
        private final ByteArrayOutputStream packetHeaders = new ByteArrayOutputStream();
        private boolean headersApart;
        private boolean ownOrder;
        private boolean open;
        private int parts;

        TileParts(Jpeg2000Header.Builder header) {
            this.header = header;
        }
    }

    private static final class Parser {
        private final byte[] frame;
        private final PixelFormat format;
        private final Jpeg2000Header.Builder main = new Jpeg2000Header.Builder();
        private final Map<Integer, byte[]> packedHeaders = new TreeMap<>();
        private final Map<Integer, TileParts> tiles = new TreeMap<>();
        private Size size;

        /** The headers of packets in the main header, one part of a tile after the other; null if there are none. */
        private Jpeg2000Segment allHeaders;

        Parser(byte[] frame, PixelFormat format) {
            this.frame = frame;
            this.format = format;
        }

        Jpeg2000Codestream parse() throws CodecException {
            if (u16(0) != SOC || u16(2) != SIZ) {
                throw new CodecException("the frame does not begin with the markers SOC and SIZ of JPEG 2000");
            }
            int at = mainHeader();
            joinPackedHeaders();
            while (at + 1 < frame.length && u16(at) != EOC) {
                at = part(at);
            }
            List<Tile> whole = new ArrayList<>();
            int count = size.tilesWide * size.tilesHigh;
            for (int i = 0; i < count; i++) {
                TileParts tile = tiles.get(i);
                if (tile == null) {
                    throw new CodecException("the JPEG 2000 tile " + i + " of " + count + " is missing");
                }
                whole.add(new Tile(
                        tile.header.build(),
                        tile.packets.toByteArray(),
                        tile.headersApart ? tile.packetHeaders.toByteArray() : null,
                        tile.open));
            }
            return new Jpeg2000Codestream(size, whole);
        }

        private int u16(int at) throws CodecException {
            return new Jpeg2000Segment(frame, at, frame.length).u16();
        }

        /** The marker segment at a place; {@link Jpeg2000Segment#remaining} ends with it. */
        private Jpeg2000Segment segment(int at) throws CodecException {
            int length = u16(at + 2);
            if (u16(at) < 0xff00 || length < 2 || at + 2 + length > frame.length) {
                throw new CodecException("no JPEG 2000 marker segment at byte " + at + " of the frame");
            }
            return new Jpeg2000Segment(frame, at + 4, at + 2 + length);
        }

        private int mainHeader() throws CodecException {
            int at = 2;
            for (int marker = u16(at); marker != SOT; marker = u16(at)) {
                Jpeg2000Segment in = segment(at);
                at = in.at() + in.remaining();
                switch (marker) {
                    case SIZ -> size(in);
                    case CAP -> throw Jpeg2000Header.highThroughput();
                    case COD -> main.cod(in);
                    case COC -> main.coc(in);
                    case QCD -> main.qcd(in);
                    case QCC -> main.qcc(in);
                    case RGN -> main.rgn(in);
                    case POC -> main.poc(in, false);
                    case PPM -> pack(packedHeaders, in);
                    case TLM, PLM, CRG, COM -> {}
                    default -> throw unknown(marker);
                }
            }
            return at;
        }

        private static CodecException unknown(int marker) {
            return new CodecException(String.format("the marker %04x is none that JPEG 2000 has there", marker));
        }

        private void size(Jpeg2000Segment in) throws CodecException {
            in.u16();
            long x1 = in.u32();
            long y1 = in.u32();
            long x0 = in.u32();
            long y0 = in.u32();
            long tileWidth = in.u32();
            long tileHeight = in.u32();
            long tileX = in.u32();
            long tileY = in.u32();
            int components = in.u16();
            int depth = in.u8();
            JpegMarkers.checkFrame(format, (depth & 0x7f) + 1, clamp(y1 - y0), clamp(x1 - x0), components);
            int everyX = in.u8();
            int everyY = in.u8();
            if (everyX != 1 || everyY != 1) {
                throw new CodecException("subsampled JPEG 2000 components are not decoded here");
            }
            if (x1 > Integer.MAX_VALUE
                    || y1 > Integer.MAX_VALUE
                    || tileX > x0
                    || tileY > y0
                    || tileX + tileWidth <= x0
                    || tileY + tileHeight <= y0) {
                throw new CodecException("the JPEG 2000 tiles of " + tileWidth + " by " + tileHeight + " pixels from "
                        + tileX + ", " + tileY + " on do not begin with the image, at " + x0 + ", " + y0);
            }
            long wide = (x1 - tileX + tileWidth - 1) / tileWidth;
            long high = (y1 - tileY + tileHeight - 1) / tileHeight;
            // Each has a header of its own.
            if (wide * high > frame.length / SMALLEST_PART) {
                throw new CodecException(
                        wide + " x " + high + " JPEG 2000 tiles do not fit into " + frame.length + " bytes");
            }
            size = new Size(
                    (int) x0,
                    (int) y0,
                    (int) x1,
                    (int) y1,
                    tileX,
                    tileY,
                    tileWidth,
                    tileHeight,
                    (int) wide,
                    (int) high,
                    (depth & 0x7f) + 1,
                    (depth & 0x80) != 0);
        }

        private static int clamp(long value) {
            return (int) Math.max(0, Math.min(value, Integer.MAX_VALUE));
        }

        /** Keeps packed headers by the number of their marker segment. */
        private static void pack(Map<Integer, byte[]> packed, Jpeg2000Segment in) throws CodecException {
            int number = in.u8();
            byte[] bytes = new byte[in.remaining()];
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] = (byte) in.u8();
            }
            if (packed.put(number, bytes) != null) {
                throw new CodecException("two JPEG 2000 marker segments of packet headers have the number " + number);
            }
        }

        private static byte[] joined(Map<Integer, byte[]> packed) throws CodecException {
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            int previous = -1;
            for (Map.Entry<Integer, byte[]> part : packed.entrySet()) {
                // Encoders differ in whether they count anew in every part of a tile.
                if (previous >= 0 && part.getKey() != previous + 1) {
                    throw new CodecException("the JPEG 2000 packet headers " + (previous + 1) + " are missing");
                }
                previous = part.getKey();
                all.writeBytes(part.getValue());
            }
            return all.toByteArray();
        }

        private void joinPackedHeaders() throws CodecException {
            if (!packedHeaders.isEmpty()) {
                byte[] all = joined(packedHeaders);
                allHeaders = new Jpeg2000Segment(all, 0, all.length);
            }
        }

        /** Reads the part of a tile that begins there; returns where it ends. */
        private int part(int start) throws CodecException {
            if (u16(start) != SOT) {
                throw new CodecException("no JPEG 2000 tile part at byte " + start + " of the frame");
            }
            Jpeg2000Segment sot = segment(start);
            int number = sot.u16();
            long length = sot.u32();
            int part = sot.u8();
            sot.u8();
            boolean open = length == 0;
            long end = open ? frame.length : start + length;
            if (!open && length < SMALLEST_PART || end > frame.length) {
                throw new CodecException("a JPEG 2000 tile part of " + length + " bytes at byte " + start
                        + " of a frame of " + frame.length);
            }
            if (number >= size.tilesWide * size.tilesHigh) {
                throw new CodecException("the JPEG 2000 tile " + number + " lies outside the image");
            }
            TileParts tile = tiles.computeIfAbsent(number, n -> new TileParts(main.forTile()));
            if (part != tile.parts++) {
                throw new CodecException("the part " + (tile.parts - 1) + " of the JPEG 2000 tile " + number
                        + " is missing; part " + part + " is there");
            }
            tile.open = open;
            int from = partHeader(tile, sot.at() + sot.remaining());
            if (from > end) {
                throw new CodecException("a JPEG 2000 tile part ends within its header, at byte " + end);
            }
            tile.packets.write(frame, from, (int) end - from);
            return (int) end;
        }

        private int partHeader(TileParts tile, int start) throws CodecException {
            Map<Integer, byte[]> packed = new TreeMap<>();
            int at = start;
            for (int marker = u16(at); marker != SOD; marker = u16(at)) {
                Jpeg2000Segment in = segment(at);
                at = in.at() + in.remaining();
                switch (marker) {
                    case COD -> tile.header.cod(in);
                    case COC -> tile.header.coc(in);
                    case QCD -> tile.header.qcd(in);
                    case QCC -> tile.header.qcc(in);
                    case RGN -> tile.header.rgn(in);
                    case POC -> {
                        tile.header.poc(in, tile.ownOrder);
                        tile.ownOrder = true;
                    }
                    case PPT -> pack(packed, in);
                    case PLT, COM -> {}
                    default -> throw unknown(marker);
                }
            }
            if (allHeaders != null) {
                tile.headersApart = true;
                for (long count = allHeaders.u32(); count > 0; count--) {
                    tile.packetHeaders.write(allHeaders.u8());
                }
            } else if (!packed.isEmpty()) {
                tile.headersApart = true;
                tile.packetHeaders.writeBytes(joined(packed));
            }
            return at + 2;
        }
    }
}
