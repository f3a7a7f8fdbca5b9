// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom.pixel;

import java.util.OptionalInt;
import org.efficientsegnet.io.dicom.dataset.DataSet;
import org.efficientsegnet.io.dicom.dataset.Tag;
import org.efficientsegnet.io.format.FormatException;

/**
 * How the pixels of a grey image are stored (DICOM PS3.3 section C.7.6.3). MONOCHROME1 and MONOCHROME2 differ in how
 * they are shown only: the rescaling to Hounsfield units comes before that, so that values are never inverted.
 *
 * @param rows number of rows
 * @param columns number of columns
 * @param bitsAllocated bits a pixel takes in native encodings, 8 or 16
 * @param bitsStored bits of these that are the value
 * @param highBit the highest of them
 * @param signed whether values are in two's complement
 * @param padded whether some values mean that nothing was imaged
 * @param paddingFrom the smallest of these
 * @param paddingTo the largest of these
 */
public record PixelFormat(
        int rows,
        int columns,
        int bitsAllocated,
        int bitsStored,
        int highBit,
        boolean signed,
        boolean padded,
        int paddingFrom,
        int paddingTo) {

    /**
     * The format that a data set declares.
     *
     * @throws FormatException if it declares none, a senseless one, or one that is not read here
     */
    public static PixelFormat of(DataSet image) throws FormatException {
        int samples = image.integer(Tag.SAMPLES_PER_PIXEL).orElse(1);
        String photometric = image.text(Tag.PHOTOMETRIC_INTERPRETATION).orElse("MONOCHROME2");
        if (samples != 1 || !photometric.startsWith("MONOCHROME")) {
            throw image.bad(
                    Tag.PHOTOMETRIC_INTERPRETATION,
                    photometric + " with " + samples + " samples a pixel; a CT image has one grey sample");
        }
        int rows = image.requireInteger(Tag.ROWS);
        int columns = image.requireInteger(Tag.COLUMNS);
        if (rows < 1 || columns < 1) {
            throw image.bad(
                    rows < 1 ? Tag.ROWS : Tag.COLUMNS, "an image of " + rows + " rows and " + columns + " columns");
        }
        int allocated = image.requireInteger(Tag.BITS_ALLOCATED);
        if (allocated != 8 && allocated != 16) {
            throw image.bad(Tag.BITS_ALLOCATED, allocated + " bits a pixel; 8 and 16 are read here");
        }
        int stored = image.integer(Tag.BITS_STORED).orElse(allocated);
        int high = image.integer(Tag.HIGH_BIT).orElse(stored - 1);
        if (stored < 1 || stored > allocated) {
            throw image.bad(Tag.BITS_STORED, stored + " of " + allocated + " bits");
        }
        if (high < stored - 1 || high >= allocated) {
            throw image.bad(
                    Tag.HIGH_BIT, high + " with " + stored + " bits stored of " + allocated + " bits allocated");
        }
        int representation = image.integer(Tag.PIXEL_REPRESENTATION).orElse(0);
        if (representation != 0 && representation != 1) {
            throw image.bad(Tag.PIXEL_REPRESENTATION, representation + "; 0 is unsigned, 1 is signed");
        }
        boolean signed = representation == 1;
        OptionalInt padding = image.integer(Tag.PIXEL_PADDING_VALUE);
        int from = 0;
        int to = 0;
        if (padding.isPresent()) {
            from = padding(padding.getAsInt(), signed);
            to = padding(image.integer(Tag.PIXEL_PADDING_RANGE_LIMIT).orElse(padding.getAsInt()), signed);
        }
        return new PixelFormat(
                rows,
                columns,
                allocated,
                stored,
                high,
                signed,
                padding.isPresent(),
                Math.min(from, to),
                Math.max(from, to));
    }

    /** The attribute may be declared signed or unsigned whatever the pixels are, so its 16 bits are read as theirs. */
    private static int padding(int value, boolean signed) {
        return signed ? (short) value : value & 0xffff;
    }

    /** Pixels in a frame. */
    public long pixels() {
        return (long) rows * columns;
    }

    /** The smallest value that can be stored. */
    public int smallest() {
        return signed ? -(1 << bitsStored - 1) : 0;
    }

    /** The largest value that can be stored. */
    public int largest() {
        return (1 << (signed ? bitsStored - 1 : bitsStored)) - 1;
    }

    /** Whether a value means that nothing was imaged. */
    public boolean isPadding(int value) {
        return padded && value >= paddingFrom && value <= paddingTo;
    }

    /** Whether the padding value has bits beside the stored ones, so that no stored value is it. */
    public boolean isPaddingBeyondStored() {
        return padded && paddingFrom == paddingTo && (paddingFrom < smallest() || paddingFrom > largest());
    }

    /**
     * Takes the stored bits out of the allocated ones, in place, and extends the sign; 16 bits a value remain. A padding
     * value with bits beside the stored ones stays as it is where all allocated bits are it.
     */
    public void toStored(short[] raw) {
        if (bitsStored == 16) {
            return;
        }
        int drop = highBit + 1 - bitsStored;
        int up = 32 - bitsStored;
        // No pixel of 8 bits is it.
        if (bitsAllocated == 16 && isPaddingBeyondStored()) {
            short padding = (short) paddingFrom;
            for (int i = 0; i < raw.length; i++) {
                if (raw[i] != padding) {
                    int high = raw[i] >>> drop << up;
                    raw[i] = (short) (signed ? high >> up : high >>> up);
                }
            }
        } else if (signed) {
            for (int i = 0; i < raw.length; i++) {
                raw[i] = (short) (raw[i] >>> drop << up >> up);
            }
        } else {
            for (int i = 0; i < raw.length; i++) {
                raw[i] = (short) (raw[i] >>> drop << up >>> up);
            }
        }
    }
}
