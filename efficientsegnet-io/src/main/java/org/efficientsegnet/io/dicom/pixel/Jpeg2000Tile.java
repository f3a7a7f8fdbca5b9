// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom.pixel;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * How a tile of one component is divided (ITU-T T.800 annex B): resolutions into subbands and precincts, these into code
 * blocks. The subbands lie in one array of the tile's size as the wavelet wants them, LL in the corner.
 */
final class Jpeg2000Tile {

    /** What hostile headers may ask for: no encoder makes precincts or code blocks of a few pixels throughout. */
    private static final int PIXELS_A_PART = 4;

    private static final int MOST_PARTS_BESIDES = 4096;

    /**
     * One subband.
     *
     * @param orientation 0 LL, 1 HL, 2 LH, 3 HH
     * @param x0 its first column in its own coordinates; the others alike
     * @param left where it lies in the tile's array
     * @param planes magnitude bits of its coefficients, without those of a region of interest
     * @param step what a coefficient of 1 stands for; 1 if the wavelet is reversible
     */
    record Subband(int orientation, int x0, int y0, int x1, int y1, int left, int top, int planes, float step) {}

    /** What a precinct has of one subband: its code blocks, row by row. */
    static final class Blocks {
        final Subband band;
        final Jpeg2000Block[] blocks;
        final TagTree inclusion;
        final TagTree zeroPlanes;

        Blocks(Subband band, int x0, int y0, int x1, int y1, int logWidth, int logHeight) {
            this.band = band;
            int left = Math.max(x0, band.x0);
            int right = Math.min(x1, band.x1);
            int top = Math.max(y0, band.y0);
            int bottom = Math.min(y1, band.y1);
            boolean empty = left >= right || top >= bottom;
            int firstX = left >> logWidth;
            int firstY = top >> logHeight;
            int wide = empty ? 0 : (right - 1 >> logWidth) - firstX + 1;
            int high = empty ? 0 : (bottom - 1 >> logHeight) - firstY + 1;
            blocks = new Jpeg2000Block[wide * high];
            for (int i = 0; i < blocks.length; i++) {
                int x = firstX + i % wide << logWidth;
                int y = firstY + i / wide << logHeight;
                blocks[i] = new Jpeg2000Block(
                        Math.max(x, left),
                        Math.max(y, top),
                        Math.min(x + (1 << logWidth), right),
                        Math.min(y + (1 << logHeight), bottom));
            }
            inclusion = new TagTree(wide, high);
            zeroPlanes = new TagTree(wide, high);
        }
    }

    /** A precinct and how many layers of it were read. */
    static final class Precinct {
        final int resolution;
        final long y;
        final long x;
        final List<Blocks> bands;
        int layersRead;

        /** @param y where it begins on the reference grid, from which its place in some orders follows; {@code x} alike */
        Precinct(int resolution, long y, long x, List<Blocks> bands) {
            this.resolution = resolution;
            this.y = y;
            this.x = x;
            this.bands = bands;
        }
    }

    /** One precinct's packet of one layer is the next one. */
    interface Visitor {
        void packet(Precinct precinct, int layer) throws CodecException;
    }

    final int x0;
    final int y0;
    final int x1;
    final int y1;
    private final Jpeg2000Header header;
    private final int precision;

    /** By resolution, then row by row. */
    private final List<List<Precinct>> precincts = new ArrayList<>();

    private final List<Precinct> byPosition = new ArrayList<>();

    /**
     * @param bytes how many there are for the tile's packets, each of which takes one at least
     */
    Jpeg2000Tile(Jpeg2000Codestream.Size size, int index, Jpeg2000Header header, long bytes) throws CodecException {
        x0 = size.tileX0(index);
        y0 = size.tileY0(index);
        x1 = size.tileX1(index);
        y1 = size.tileY1(index);
        this.header = header;
        precision = size.precision();
        checkParts(bytes);
        for (int r = 0; r <= header.transform().levels(); r++) {
            List<Precinct> own = precincts(r);
            precincts.add(own);
            byPosition.addAll(own);
        }
        byPosition.sort(Comparator.<Precinct>comparingLong(p -> p.y).thenComparingLong(p -> p.x));
    }

    int width() {
        return x1 - x0;
    }

    int height() {
        return y1 - y0;
    }

    /** Where a resolution begins or ends, from where the tile does. */
    int atResolution(int coordinate, int resolution) {
        int levels = header.transform().levels() - resolution;
        return (int) (coordinate + (1L << levels) - 1 >> levels);
    }

    private int precinctsAlong(int from, int to, int logSize) {
        return to > from ? (int) ((to - 1L >> logSize) - (from >> logSize) + 1) : 0;
    }

    private void checkParts(long bytes) throws CodecException {
        Jpeg2000Header.Transform t = header.transform();
        long most = MOST_PARTS_BESIDES + (long) width() * height() / PIXELS_A_PART;
        long count = 0;
        long blocks = 0;
        for (int r = 0; r <= t.levels(); r++) {
            long width = (long) atResolution(x1, r) - atResolution(x0, r);
            long height = (long) atResolution(y1, r) - atResolution(y0, r);
            count += (long) precinctsAlong(atResolution(x0, r), atResolution(x1, r), t.precinctWidth(r))
                    * precinctsAlong(atResolution(y0, r), atResolution(y1, r), t.precinctHeight(r));
            blocks += width * height >> blockWidth(r) + blockHeight(r);
        }
        if (count + blocks > most) {
            throw new CodecException("a JPEG 2000 tile of " + width() + " x " + height() + " pixels in " + count
                    + " precincts and " + blocks + " code blocks");
        }
        if (count * header.style().layers() > bytes) {
            throw new CodecException(
                    "the JPEG 2000 tile has " + count * header.style().layers() + " packets in " + bytes
                            + " bytes; the codestream ends before the image is complete");
        }
        // Every packet may ask each of its blocks whether it is in it.
        if ((blocks + count) * header.style().layers() > 64 * most) {
            throw new CodecException(
                    "JPEG 2000 with " + header.style().layers() + " quality layers of " + blocks + " code blocks");
        }
    }

    private int blockWidth(int r) {
        Jpeg2000Header.Transform t = header.transform();
        return Math.min(t.blockWidth(), t.precinctWidth(r) - (r == 0 ? 0 : 1));
    }

    private int blockHeight(int r) {
        Jpeg2000Header.Transform t = header.transform();
        return Math.min(t.blockHeight(), t.precinctHeight(r) - (r == 0 ? 0 : 1));
    }

    private List<Subband> subbands(int r) {
        Jpeg2000Header.Transform t = header.transform();
        List<Subband> bands = new ArrayList<>();
        int depth = r == 0 ? t.levels() : t.levels() - r + 1;
        for (int orientation = r == 0 ? 0 : 1; orientation <= (r == 0 ? 0 : 3); orientation++) {
            boolean high = (orientation & 1) != 0;
            boolean low = (orientation & 2) != 0;
            int index = r == 0 ? 0 : 3 * (r - 1) + orientation;
            Jpeg2000Header.Quantization q = header.quantization();
            // Equations E-2 and E-3; the gain of table E.1.
            int gain = (high ? 1 : 0) + (low ? 1 : 0);
            float step = t.reversible()
                    ? 1
                    : (float) Math.scalb(1 + q.mantissa(index) / 2048.0, precision + gain - q.exponent(index));
            bands.add(new Subband(
                    orientation,
                    inBand(x0, depth, high),
                    inBand(y0, depth, low),
                    inBand(x1, depth, high),
                    inBand(y1, depth, low),
                    high ? atResolution(x1, r - 1) - atResolution(x0, r - 1) : 0,
                    low ? atResolution(y1, r - 1) - atResolution(y0, r - 1) : 0,
                    q.guardBits() + q.exponent(index) - 1,
                    step));
        }
        return bands;
    }

    /** Equation B-15. */
    private static int inBand(int coordinate, int depth, boolean high) {
        if (depth == 0) {
            return coordinate;
        }
        long shifted = coordinate - (high ? 1L << depth - 1 : 0);
        return (int) (shifted + (1L << depth) - 1 >> depth);
    }

    private List<Precinct> precincts(int r) {
        Jpeg2000Header.Transform t = header.transform();
        int logWidth = t.precinctWidth(r);
        int logHeight = t.precinctHeight(r);
        int fromX = atResolution(x0, r);
        int fromY = atResolution(y0, r);
        int wide = precinctsAlong(fromX, atResolution(x1, r), logWidth);
        int high = precinctsAlong(fromY, atResolution(y1, r), logHeight);
        int down = r == 0 ? 0 : 1;
        int levels = t.levels() - r;
        List<Subband> bands = subbands(r);
        List<Precinct> result = new ArrayList<>();
        for (int i = 0; i < wide * high; i++) {
            long px = (long) (fromX >> logWidth) + i % wide;
            long py = (long) (fromY >> logHeight) + i / wide;
            List<Blocks> parts = new ArrayList<>();
            for (Subband band : bands) {
                parts.add(new Blocks(
                        band,
                        clamp(px << logWidth - down),
                        clamp(py << logHeight - down),
                        clamp(px + 1 << logWidth - down),
                        clamp(py + 1 << logHeight - down),
                        blockWidth(r),
                        blockHeight(r)));
            }
            result.add(new Precinct(
                    r, Math.max(y0, (py << logHeight) << levels), Math.max(x0, (px << logWidth) << levels), parts));
        }
        return result;
    }

    private static int clamp(long value) {
        return (int) Math.min(value, Integer.MAX_VALUE);
    }

    /** Every precinct, those of low resolutions first. */
    List<Precinct> precincts() {
        return precincts.stream().flatMap(List::stream).toList();
    }

    /** Goes through the packets in the order of the codestream (section B.12), each once. */
    void visit(Visitor visitor) throws CodecException {
        for (Jpeg2000Header.Progression p : header.order()) {
            int endLayer = Math.min(p.endLayer(), header.style().layers());
            int endResolution = Math.min(p.endResolution(), precincts.size());
            switch (p.order()) {
                case 0 -> {
                    for (int layer = 0; layer < endLayer; layer++) {
                        for (int r = p.firstResolution(); r < endResolution; r++) {
                            visit(precincts.get(r), layer, layer + 1, visitor);
                        }
                    }
                }
                case 1 -> {
                    for (int r = p.firstResolution(); r < endResolution; r++) {
                        for (int layer = 0; layer < endLayer; layer++) {
                            visit(precincts.get(r), layer, layer + 1, visitor);
                        }
                    }
                }
                // The positions of one resolution are its precincts row by row.
                case 2 -> {
                    for (int r = p.firstResolution(); r < endResolution; r++) {
                        visit(precincts.get(r), 0, endLayer, visitor);
                    }
                }
                // With one component the last two orders are the same.
                default -> {
                    List<Precinct> some = byPosition.stream()
                            .filter(c -> c.resolution >= p.firstResolution() && c.resolution < endResolution)
                            .toList();
                    visit(some, 0, endLayer, visitor);
                }
            }
        }
    }

    private static void visit(List<Precinct> some, int fromLayer, int toLayer, Visitor visitor) throws CodecException {
        for (Precinct precinct : some) {
            for (int layer = fromLayer; layer < toLayer; layer++) {
                // What an earlier range of the order had is not there again.
                if (layer == precinct.layersRead) {
                    visitor.packet(precinct, layer);
                    precinct.layersRead++;
                }
            }
        }
    }
}
