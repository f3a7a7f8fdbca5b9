// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom.pixel;

import java.util.ArrayList;
import java.util.List;

/**
 * Reads the packets of a tile (ITU-T T.800 section B.10): which passes of which code blocks they bring, and where the bytes
 * are. A tile without one of its packets is refused, as is one with bytes that belong to none. Not thread-safe.
 */
final class Jpeg2000Packets {

    private static final int SOP = 0xff91;
    private static final int EPH = 0xff92;
    private static final int EOC = 0xffd9;

    private final Jpeg2000Header header;
    private final Jpeg2000Codestream.Tile tile;
    private final byte[] bodies;
    private final byte[] headers;
    private final boolean apart;
    private final List<Piece> pieces = new ArrayList<>();
    private int bodyAt;
    private int headerAt;
    private int packets;
    private int current;
    private int bits;

    private record Piece(Jpeg2000Block.Segment segment, int length) {}

    private Jpeg2000Packets(Jpeg2000Codestream.Tile tile) {
        this.tile = tile;
        header = tile.header();
        bodies = tile.packets();
        apart = tile.packetHeaders() != null;
        headers = apart ? tile.packetHeaders() : bodies;
    }

    /** Gives the blocks of the tile what its packets hold. */
    static void read(Jpeg2000Codestream.Tile tile, Jpeg2000Tile into) throws CodecException {
        Jpeg2000Packets packets = new Jpeg2000Packets(tile);
        into.visit(packets::packet);
        packets.checkEnd(into);
    }

    private void checkEnd(Jpeg2000Tile into) throws CodecException {
        for (Jpeg2000Tile.Precinct precinct : into.precincts()) {
            if (precinct.layersRead < header.style().layers()) {
                throw new CodecException("the order of the JPEG 2000 packets leaves some out");
            }
        }
        int left = bodies.length - bodyAt;
        if (left > 0 && !(tile.open() && left > 1 && u16(bodies, bodyAt) == EOC)) {
            throw new CodecException(left + " bytes of a JPEG 2000 tile belong to none of its " + packets + " packets");
        }
    }

    private void packet(Jpeg2000Tile.Precinct precinct, int layer) throws CodecException {
        if (header.style().sop() && u16(bodies, bodyAt) == SOP) {
            if (bodies.length - bodyAt < 6 || u16(bodies, bodyAt + 4) != (packets & 0xffff)) {
                throw new CodecException("the JPEG 2000 packet " + packets + " is missing");
            }
            bodyAt += 6;
        }
        packets++;
        if (!apart) {
            headerAt = bodyAt;
        }
        current = 0;
        bits = 0;
        pieces.clear();
        if (bit() == 1) {
            for (Jpeg2000Tile.Blocks blocks : precinct.bands) {
                for (int i = 0; i < blocks.blocks.length; i++) {
                    block(blocks, i, layer);
                }
            }
        }
        if (current == 0xff) {
            // A byte of ones is followed by one with a zero in front, even at the end.
            bits = 0;
            bit();
        }
        if (header.style().eph()) {
            if (u16(headers, headerAt) != EPH) {
                throw new CodecException("the header of the JPEG 2000 packet " + (packets - 1) + " does not end");
            }
            headerAt += 2;
        }
        if (!apart) {
            bodyAt = headerAt;
        }
        for (Piece piece : pieces) {
            if (piece.length > bodies.length - bodyAt) {
                throw ended();
            }
            piece.segment.add(bodyAt, piece.length);
            bodyAt += piece.length;
        }
    }

    private void block(Jpeg2000Tile.Blocks blocks, int index, int layer) throws CodecException {
        Jpeg2000Block block = blocks.blocks[index];
        if (block.included) {
            if (bit() == 0) {
                return;
            }
        } else {
            if (!blocks.inclusion.isBelow(index, layer + 1, this)) {
                return;
            }
            block.included = true;
            int planes = blocks.band.planes() + header.roiShift();
            int zero = 0;
            while (!blocks.zeroPlanes.isBelow(index, zero + 1, this)) {
                if (++zero >= planes) {
                    throw new CodecException("a JPEG 2000 code block without bit planes has passes");
                }
            }
            block.zeroPlanes = zero;
        }
        int passes = passes();
        int most = 3 * (blocks.band.planes() + header.roiShift() - block.zeroPlanes) - 2;
        if (block.passes + passes > most) {
            throw new CodecException("a JPEG 2000 code block has more than the " + most + " passes of its bit planes");
        }
        block.passes += passes;
        while (bit() == 1) {
            if (++block.lengthBits > 31) {
                throw new CodecException("a JPEG 2000 code block is longer than any codestream");
            }
        }
        while (passes > 0) {
            Jpeg2000Block.Segment segment = block.open(header.transform());
            int some = Math.min(passes, segment.mostPasses - segment.passes);
            int width = block.lengthBits + 31 - Integer.numberOfLeadingZeros(some);
            if (width > 31) {
                throw new CodecException("a JPEG 2000 code block is longer than any codestream");
            }
            pieces.add(new Piece(segment, number(width)));
            segment.passes += some;
            passes -= some;
        }
    }

    /** Table B.4. */
    private int passes() throws CodecException {
        if (bit() == 0) {
            return 1;
        }
        if (bit() == 0) {
            return 2;
        }
        int more = number(2);
        if (more < 3) {
            return 3 + more;
        }
        more = number(5);
        return more < 31 ? 6 + more : 37 + number(7);
    }

    private int number(int width) throws CodecException {
        int value = 0;
        for (int i = 0; i < width; i++) {
            value = value << 1 | bit();
        }
        return value;
    }

    /** The next bit of the packet's header; after a byte of ones, one of the next byte is stuffing. */
    int bit() throws CodecException {
        if (bits == 0) {
            int previous = current;
            if (headerAt >= headers.length) {
                throw ended();
            }
            current = headers[headerAt++] & 0xff;
            bits = previous == 0xff ? 7 : 8;
        }
        bits--;
        return current >> bits & 1;
    }

    private static int u16(byte[] data, int at) {
        return at + 1 < data.length ? (data[at] & 0xff) << 8 | data[at + 1] & 0xff : -1;
    }

    private CodecException ended() {
        return new CodecException("the JPEG 2000 tile ends within its packet " + (packets - 1)
                + "; the codestream ends before the image is complete");
    }
}
