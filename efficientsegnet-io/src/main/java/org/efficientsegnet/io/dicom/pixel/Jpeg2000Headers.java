package org.efficientsegnet.io.dicom.pixel;

/**
 * Looks over the headers of a JPEG 2000 codestream (ITU-T T.800 annex A) before the decoder sees it: the size is what the
 * data set says, and nothing in a header multiplies the decoder's work beyond what any encoder asks for.
 */
final class Jpeg2000Headers {

    private static final int SOC = 0xff4f;
    private static final int SIZ = 0xff51;
    private static final int COD = 0xff52;
    private static final int COC = 0xff53;
    private static final int PPM = 0xff60;
    private static final int PPT = 0xff61;
    private static final int SOT = 0xff90;
    private static final int SOD = 0xff93;
    private static final int EOC = 0xffd9;

    private static final int SMALLEST_PART = 14;
    private static final int SMALLEST_TILE = 64;
    private static final int SMALLEST_PRECINCT_EXPONENT = 4;
    private static final int MOST_LAYERS = 256;
    private static final int MOST_LEVELS = 16;

    private final byte[] frame;

    private Jpeg2000Headers(byte[] frame) {
        this.frame = frame;
    }

    static void check(byte[] frame, PixelFormat format) throws CodecException {
        Jpeg2000Headers headers = new Jpeg2000Headers(frame);
        headers.checkSize(format);
        headers.checkMarkers();
    }

    private void checkSize(PixelFormat format) throws CodecException {
        if (u16(0) != SOC || u16(2) != SIZ) {
            throw new CodecException("the frame does not begin with the markers SOC and SIZ of JPEG 2000");
        }
        long width = u32(8);
        long height = u32(12);
        JpegMarkers.checkFrame(format, (u8(42) & 0x7f) + 1, clamp(height), clamp(width), u16(40));
        if (u32(16) != 0 || u32(20) != 0 || u32(32) != 0 || u32(36) != 0) {
            throw new CodecException("JPEG 2000 images and tiles that do not begin at 0 are not decoded here");
        }
        if (u8(43) != 1 || u8(44) != 1) {
            throw new CodecException("subsampled JPEG 2000 components are not decoded here");
        }
        if (u32(24) < Math.min(width, SMALLEST_TILE) || u32(28) < Math.min(height, SMALLEST_TILE)) {
            throw new CodecException("JPEG 2000 tiles of " + u32(24) + " by " + u32(28) + " pixels");
        }
    }

    private static int clamp(long value) {
        return (int) Math.min(value, Integer.MAX_VALUE);
    }

    /** Goes from marker to marker, over the data of each part of a tile. */
    private void checkMarkers() throws CodecException {
        int at = 2;
        long partEnd = 0;
        while (true) {
            int marker = u16(at);
            if (marker == EOC) {
                return;
            }
            if (marker == SOD) {
                // A length of 0 means that the part reaches to the end of the codestream.
                if (partEnd >= frame.length - 2) {
                    return;
                }
                at = (int) partEnd;
                continue;
            }
            int length = u16(at + 2);
            if (marker < 0xff00 || length < 2) {
                throw new CodecException("no JPEG 2000 marker segment at byte " + at + " of the frame");
            }
            if (marker == SOT) {
                long part = u32(at + 6);
                partEnd = part == 0 ? frame.length : at + part;
                if (part != 0 && part < SMALLEST_PART || partEnd > frame.length) {
                    throw new CodecException("a JPEG 2000 tile part of " + part + " bytes at byte " + at
                            + " of a frame of " + frame.length);
                }
            } else if (marker == COD) {
                if (u16(at + 6) > MOST_LAYERS) {
                    throw new CodecException("JPEG 2000 with " + u16(at + 6) + " quality layers");
                }
                checkStyle(at + 9, (u8(at + 4) & 1) != 0);
            } else if (marker == PPM || marker == PPT) {
                // The decoder would read them from memory, where it finds no end.
                throw new CodecException("JPEG 2000 with packet headers apart from their packets is not decoded here");
            } else if (marker == COC) {
                checkStyle(at + 6, (u8(at + 5) & 1) != 0);
            }
            at += 2 + length;
        }
    }

    /** The coding style of a component, from its number of decomposition levels on. */
    private void checkStyle(int at, boolean precincts) throws CodecException {
        int levels = u8(at);
        if (levels > MOST_LEVELS) {
            throw new CodecException("JPEG 2000 with " + levels + " decomposition levels");
        }
        for (int level = 1; precincts && level <= levels; level++) {
            int exponents = u8(at + 5 + level);
            if ((exponents & 15) < SMALLEST_PRECINCT_EXPONENT || exponents >> 4 < SMALLEST_PRECINCT_EXPONENT) {
                throw new CodecException("JPEG 2000 precincts of less than 16 pixels");
            }
        }
    }

    private int u8(int at) throws CodecException {
        if (at >= frame.length) {
            throw new CodecException("the frame ends within a JPEG 2000 header");
        }
        return frame[at] & 0xff;
    }

    private int u16(int at) throws CodecException {
        return u8(at) << 8 | u8(at + 1);
    }

    private long u32(int at) throws CodecException {
        return (long) u16(at) << 16 | u16(at + 2);
    }
}
