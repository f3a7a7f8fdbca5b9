// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.raster;

import org.efficientsegnet.volume.Voxels;

/** The numeric types that files store voxels in. */
public enum ElementType {
    /** 8 bits, 0 to 255. */
    UINT8(1),
    /** 8 bits, -128 to 127. */
    INT8(1),
    /** 16 bits, unsigned. */
    UINT16(2),
    /** 16 bits, signed. */
    INT16(2),
    /** 32 bits, unsigned. */
    UINT32(4),
    /** 32 bits, signed. */
    INT32(4),
    /** 64 bits, unsigned; read as 32-bit floating point. */
    UINT64(8),
    /** 64 bits, signed; read as 32-bit floating point. */
    INT64(8),
    /** IEEE 754, 32 bits. */
    FLOAT32(4),
    /** IEEE 754, 64 bits; read as 32-bit floating point. */
    FLOAT64(8);

    private final int bytes;

    ElementType(int bytes) {
        this.bytes = bytes;
    }

    /** Bytes an element takes in a file. */
    public int bytes() {
        return bytes;
    }

    /** The type that stores these voxels without loss. */
    public static ElementType of(Voxels voxels) {
        if (voxels instanceof Voxels.Bytes b) {
            return b.unsigned() ? UINT8 : INT8;
        }
        if (voxels instanceof Voxels.Shorts s) {
            return s.unsigned() ? UINT16 : INT16;
        }
        if (voxels instanceof Voxels.Ints i) {
            return i.unsigned() ? UINT32 : INT32;
        }
        return FLOAT32;
    }
}
