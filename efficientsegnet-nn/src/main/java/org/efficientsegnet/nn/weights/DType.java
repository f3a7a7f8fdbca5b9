// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.weights;

import java.util.Optional;

/** Element types as safetensors names them; stored little-endian. */
public enum DType {
    /** One byte, 0 or 1. */
    BOOL(1, false),
    /** Unsigned byte. */
    U8(1, false),
    /** Signed byte. */
    I8(1, false),
    /** Unsigned 16-bit integer. */
    U16(2, false),
    /** Signed 16-bit integer. */
    I16(2, false),
    /** Unsigned 32-bit integer. */
    U32(4, false),
    /** Signed 32-bit integer. */
    I32(4, false),
    /** Unsigned 64-bit integer. */
    U64(8, false),
    /** Signed 64-bit integer. */
    I64(8, false),
    /** IEEE 754 half precision. */
    F16(2, true),
    /** The upper half of an IEEE 754 single. */
    BF16(2, true),
    /** IEEE 754 single precision. */
    F32(4, true),
    /** IEEE 754 double precision. */
    F64(8, true);

    private final int bytes;
    private final boolean floating;

    DType(int bytes, boolean floating) {
        this.bytes = bytes;
        this.floating = floating;
    }

    /** Bytes an element takes. */
    public int bytes() {
        return bytes;
    }

    /** Whether it is a floating-point type. */
    public boolean floating() {
        return floating;
    }

    /** The type of a name, if it is one of these. */
    static Optional<DType> named(String name) {
        for (DType type : values()) {
            if (type.name().equals(name)) {
                return Optional.of(type);
            }
        }
        return Optional.empty();
    }
}
