// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.nifti;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import org.efficientsegnet.io.format.FormatException;
import org.efficientsegnet.io.format.HeaderBytes;
import org.efficientsegnet.io.format.UnsupportedFormatException;

/**
 * The fields of a NIfTI header that place and type the voxels, as they stand in the file; the meaning is given by
 * {@link NiftiPlacement} and {@link NiftiFormat}. Fields have the standard's names. Immutable.
 */
public final class NiftiHeader {

    final NiftiVersion version;
    final ByteOrder order;
    final boolean pair;
    final long[] dim;
    final int datatype;
    final int bitpix;
    final double[] pixdim;
    final double voxOffset;
    final double sclSlope;
    final double sclInter;
    final int xyztUnits;
    final int qformCode;
    final int sformCode;
    final double[] quatern;
    final double[] qoffset;
    final double[] srow;

    private NiftiHeader(NiftiVersion version, ByteOrder order, boolean pair, ByteBuffer b) {
        this.version = version;
        this.order = order;
        this.pair = pair;
        dim = new long[8];
        pixdim = new double[8];
        quatern = new double[3];
        qoffset = new double[3];
        srow = new double[12];
        if (version == NiftiVersion.NIFTI_1) {
            for (int i = 0; i < 8; i++) {
                dim[i] = b.getShort(40 + 2 * i);
                pixdim[i] = b.getFloat(76 + 4 * i);
            }
            datatype = b.getShort(70);
            bitpix = b.getShort(72);
            voxOffset = b.getFloat(108);
            sclSlope = b.getFloat(112);
            sclInter = b.getFloat(116);
            xyztUnits = b.get(123) & 0xff;
            qformCode = b.getShort(252);
            sformCode = b.getShort(254);
            for (int i = 0; i < 3; i++) {
                quatern[i] = b.getFloat(256 + 4 * i);
                qoffset[i] = b.getFloat(268 + 4 * i);
            }
            for (int i = 0; i < 12; i++) {
                srow[i] = b.getFloat(280 + 4 * i);
            }
        } else {
            for (int i = 0; i < 8; i++) {
                dim[i] = b.getLong(16 + 8 * i);
                pixdim[i] = b.getDouble(104 + 8 * i);
            }
            datatype = b.getShort(12);
            bitpix = b.getShort(14);
            voxOffset = b.getLong(168);
            sclSlope = b.getDouble(176);
            sclInter = b.getDouble(184);
            xyztUnits = b.getInt(500);
            qformCode = b.getInt(344);
            sformCode = b.getInt(348);
            for (int i = 0; i < 3; i++) {
                quatern[i] = b.getDouble(352 + 8 * i);
                qoffset[i] = b.getDouble(376 + 8 * i);
            }
            for (int i = 0; i < 12; i++) {
                srow[i] = b.getDouble(400 + 8 * i);
            }
        }
    }

    /** Which version a header's first four bytes announce, or null if none. */
    static NiftiVersion version(byte[] head) {
        if (head.length < 4) {
            return null;
        }
        int size = ByteBuffer.wrap(head).order(order(head)).getInt(0);
        for (NiftiVersion version : NiftiVersion.values()) {
            if (size == version.headerBytes()) {
                return version;
            }
        }
        return null;
    }

    /** Sizes of headers are below 2^16, so the end that holds zeros is the high one. */
    private static ByteOrder order(byte[] head) {
        return head[2] == 0 && head[3] == 0 ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN;
    }

    /**
     * Reads a header and stops behind it.
     *
     * @throws FormatException if it is not NIfTI's or ends early
     */
    static NiftiHeader read(Path file, InputStream in) throws IOException {
        byte[] head = HeaderBytes.read(file, in, 4, "sizeof_hdr");
        NiftiVersion version = version(head);
        if (version == null) {
            throw new UnsupportedFormatException(
                    file, "sizeof_hdr", "neither 348 nor 540 in either byte order", "This is not a NIfTI file.");
        }
        byte[] rest = HeaderBytes.read(file, in, version.headerBytes() - 4, "header");
        byte[] whole = Arrays.copyOf(head, version.headerBytes());
        System.arraycopy(rest, 0, whole, 4, rest.length);
        ByteOrder order = order(head);
        boolean pair = isPair(file, version, whole);
        return new NiftiHeader(version, order, pair, ByteBuffer.wrap(whole).order(order));
    }

    private static boolean isPair(Path file, NiftiVersion version, byte[] header) throws FormatException {
        byte[] magic = version == NiftiVersion.NIFTI_1
                ? Arrays.copyOfRange(header, 344, 348)
                : Arrays.copyOfRange(header, 4, 12);
        char digit = version == NiftiVersion.NIFTI_1 ? '1' : '2';
        boolean named = magic[0] == 'n' && (magic[1] == '+' || magic[1] == 'i') && magic[2] == digit && magic[3] == 0;
        if (version == NiftiVersion.NIFTI_2 && named) {
            named = magic[4] == '\r' && magic[5] == '\n' && magic[6] == 0x1a && magic[7] == '\n';
            if (!named) {
                throw new FormatException(
                        file,
                        "magic",
                        "its line ends were changed on the way",
                        "Transfer the file again, in binary mode.");
            }
        }
        if (!named) {
            throw new UnsupportedFormatException(
                    file,
                    "magic",
                    "not that of " + version + " (ANALYZE 7.5, perhaps, which does not say left from right)",
                    "Convert the file to NIfTI with its orientation set.");
        }
        return magic[1] == 'i';
    }

    /** The version of the format. */
    public NiftiVersion version() {
        return version;
    }

    /** What kind of space the quaternion leads to; 0 if it is not set. */
    public int qformCode() {
        return qformCode;
    }

    /** What kind of space the rows of the affine map lead to; 0 if they are not set. */
    public int sformCode() {
        return sformCode;
    }
}
