// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom.pixel;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What the marker segments of a JPEG 2000 codestream say about its only component (ITU-T T.800 annex A): of the main
 * header, or of a tile, whose marker segments override those of the main header.
 *
 * @param style how packets are ordered and marked
 * @param transform how samples became code blocks
 * @param quantization how coefficients became whole numbers
 * @param roiShift by how many bits the coefficients of a region of interest are shifted up; 0 if there is none
 * @param progressions orders that replace the style's; none if that holds throughout
 */
record Jpeg2000Header(
        Style style, Transform transform, Quantization quantization, int roiShift, List<Progression> progressions) {

    /**
     * From COD (table A.13).
     *
     * @param sop whether packets may begin with a marker of their number
     * @param eph whether the headers of packets end in a marker
     * @param order of the packets, 0 to 4 (table A.16)
     * @param layers number of quality layers
     */
    record Style(boolean sop, boolean eph, int order, int layers) {}

    /**
     * From COD or COC (table A.15).
     *
     * @param levels number of wavelet decompositions
     * @param blockWidth binary logarithm of the greatest width of a code block
     * @param blockHeight binary logarithm of its greatest height
     * @param blockStyle bits of table A.19
     * @param reversible whether the wavelet is 5/3 on whole numbers, else 9/7
     * @param precincts binary logarithms of a precinct's width (low four bits) and height, one byte a resolution
     */
    record Transform(int levels, int blockWidth, int blockHeight, int blockStyle, boolean reversible, int[] precincts) {

        static final int BYPASS = 1;
        static final int RESET = 2;
        static final int TERMINATE = 4;
        static final int CAUSAL = 8;
        static final int SEGMENTATION_SYMBOLS = 32;

        boolean has(int bit) {
            return (blockStyle & bit) != 0;
        }

        int precinctWidth(int resolution) {
            return precincts[resolution] & 15;
        }

        int precinctHeight(int resolution) {
            return precincts[resolution] >> 4;
        }
    }

    /**
     * From QCD or QCC (table A.27): exponents and mantissas of the steps, in the order of the subbands.
     *
     * @param derived whether there is one for LL only, from which the others follow
     */
    record Quantization(int guardBits, boolean derived, int[] exponents, int[] mantissas) {

        int exponent(int band) {
            if (!derived) {
                return exponents[band];
            }
            // Equation E-5; bands 1 to 3 are as deep as LL, band 0.
            return Math.max(0, exponents[0] - (band == 0 ? 0 : (band - 1) / 3));
        }

        int mantissa(int band) {
            return mantissas[derived ? 0 : band];
        }
    }

    /** From POC (table A.32): packets of some resolutions and layers, in an order. Ends are exclusive. */
    record Progression(int firstResolution, int endResolution, int endLayer, int order) {}

    /** The order of all packets of a tile, as ranges to go through one after the other. */
    List<Progression> order() {
        return progressions.isEmpty()
                ? List.of(new Progression(0, transform.levels + 1, style.layers, style.order))
                : progressions;
    }

    /** The marker segments of the main header or of one tile as they are read. */
    static final class Builder {

        private static final int MOST_LEVELS = 32;
        private static final int MOST_SHIFT = 37;
        private static final int HIGH_THROUGHPUT = 0x40;
        private static final int KNOWN_STYLES = 0x3f;

        private Style style;
        private Transform transform;
        private Quantization quantization;
        private int roiShift;
        private List<Progression> progressions = List.of();

        /** Whether a segment of the component itself was seen, which the general one does not override. */
        private boolean ownTransform;

        private boolean ownQuantization;

        /** A tile's own: what it does not say is as in the main header. */
        Builder forTile() {
            Builder tile = new Builder();
            tile.style = style;
            tile.transform = transform;
            tile.quantization = quantization;
            tile.roiShift = roiShift;
            tile.progressions = progressions;
            return tile;
        }

        void cod(Jpeg2000Segment in) throws CodecException {
            int flags = in.u8();
            int order = in.u8();
            int layers = in.u16();
            in.u8();
            if (order > 4 || layers == 0) {
                throw new CodecException(
                        "a JPEG 2000 coding style with the progression order " + order + " and " + layers + " layers");
            }
            style = new Style((flags & 2) != 0, (flags & 4) != 0, order, layers);
            Transform general = transform(in, (flags & 1) != 0);
            if (!ownTransform) {
                transform = general;
            }
        }

        void coc(Jpeg2000Segment in) throws CodecException {
            component(in);
            transform = transform(in, (in.u8() & 1) != 0);
            ownTransform = true;
        }

        private static Transform transform(Jpeg2000Segment in, boolean ownPrecincts) throws CodecException {
            int levels = in.u8();
            int width = in.u8() + 2;
            int height = in.u8() + 2;
            int blocks = in.u8();
            int wavelet = in.u8();
            if ((blocks & HIGH_THROUGHPUT) != 0) {
                throw highThroughput();
            }
            if (levels > MOST_LEVELS || width > 10 || height > 10 || width + height > 12 || blocks > KNOWN_STYLES) {
                throw new CodecException("a JPEG 2000 coding style with " + levels + " levels, code blocks of 2^"
                        + width + " x 2^" + height + " and the style " + blocks);
            }
            if (wavelet > 1) {
                throw new CodecException("the JPEG 2000 wavelet " + wavelet + " is neither 9/7 (0) nor 5/3 (1)");
            }
            int[] precincts = new int[levels + 1];
            Arrays.fill(precincts, 0xff);
            for (int r = 0; ownPrecincts && r <= levels; r++) {
                precincts[r] = in.u8();
                if (r > 0 && ((precincts[r] & 15) == 0 || precincts[r] >> 4 == 0)) {
                    throw new CodecException("JPEG 2000 precincts of one pixel in resolution " + r);
                }
            }
            return new Transform(levels, width, height, blocks, wavelet == 1, precincts);
        }

        void qcd(Jpeg2000Segment in) throws CodecException {
            Quantization general = quantization(in);
            if (!ownQuantization) {
                quantization = general;
            }
        }

        void qcc(Jpeg2000Segment in) throws CodecException {
            component(in);
            quantization = quantization(in);
            ownQuantization = true;
        }

        private static Quantization quantization(Jpeg2000Segment in) throws CodecException {
            int flags = in.u8();
            int kind = flags & 31;
            if (kind > 2) {
                throw new CodecException("the JPEG 2000 quantisation style " + kind + " is none of 0 to 2");
            }
            int count = kind == 1 ? 1 : in.remaining() / (kind == 0 ? 1 : 2);
            int[] exponents = new int[count];
            int[] mantissas = new int[count];
            for (int i = 0; i < count; i++) {
                int value = kind == 0 ? in.u8() << 8 : in.u16();
                exponents[i] = value >> 11;
                mantissas[i] = value & 0x7ff;
            }
            return new Quantization(flags >> 5, kind == 1, exponents, mantissas);
        }

        void rgn(Jpeg2000Segment in) throws CodecException {
            component(in);
            int kind = in.u8();
            roiShift = in.u8();
            if (kind != 0 || roiShift > MOST_SHIFT) {
                throw new CodecException(
                        "a JPEG 2000 region of interest of the style " + kind + ", shifted by " + roiShift + " bits");
            }
        }

        /** @param goesOn whether the tile had some before, which these follow; else they replace what the tile inherits */
        void poc(Jpeg2000Segment in, boolean goesOn) throws CodecException {
            List<Progression> changes = new ArrayList<>(goesOn ? progressions : List.of());
            while (in.remaining() > 0) {
                int firstResolution = in.u8();
                int firstComponent = in.u8();
                int endLayer = in.u16();
                int endResolution = in.u8();
                in.u8();
                int order = in.u8();
                if (order > 4) {
                    throw new CodecException("the JPEG 2000 progression order " + order + " is none of 0 to 4");
                }
                if (firstComponent == 0) {
                    changes.add(new Progression(firstResolution, endResolution, endLayer, order));
                }
            }
            progressions = List.copyOf(changes);
        }

        private static void component(Jpeg2000Segment in) throws CodecException {
            int component = in.u8();
            if (component != 0) {
                throw new CodecException(
                        "a JPEG 2000 marker segment of component " + component + ", where there is one");
            }
        }

        Jpeg2000Header build() throws CodecException {
            if (style == null || quantization == null) {
                throw new CodecException("the JPEG 2000 header has no coding style or no quantisation");
            }
            int bands = 3 * transform.levels + 1;
            if (quantization.exponents.length < (quantization.derived ? 1 : bands)) {
                throw new CodecException(
                        "JPEG 2000 quantisation of " + quantization.exponents.length + " of " + bands + " subbands");
            }
            return new Jpeg2000Header(style, transform, quantization, roiShift, progressions);
        }
    }

    static CodecException highThroughput() {
        return new CodecException("High-Throughput JPEG 2000 is not decoded here");
    }
}
