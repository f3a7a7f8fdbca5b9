// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom.dataset;

/** The value representations of DICOM PS3.5 section 6.2. */
public enum Vr {
    AE,
    AS,
    AT,
    CS,
    DA,
    DS,
    DT,
    FD,
    FL,
    IS,
    LO,
    LT,
    OB,
    OD,
    OF,
    OL,
    OV,
    OW,
    PN,
    SH,
    SL,
    SQ,
    SS,
    ST,
    SV,
    TM,
    UC,
    UI,
    UL,
    UN,
    UR,
    US,
    UT,
    UV;

    private static final Vr[] BY_CODE = new Vr[1 << 16];

    static {
        for (Vr vr : values()) {
            BY_CODE[vr.name().charAt(0) << 8 | vr.name().charAt(1)] = vr;
        }
    }

    /** The one with these two characters, or null. */
    static Vr of(int first, int second) {
        return BY_CODE[first << 8 | second];
    }

    /** Whether its length takes four bytes in the explicit syntaxes, after two that are reserved. */
    boolean hasLongLength() {
        return switch (this) {
            case OB, OD, OF, OL, OV, OW, SQ, SV, UC, UN, UR, UT, UV -> true;
            default -> false;
        };
    }

    /** Whether values are characters, which no byte order changes. */
    public boolean isText() {
        return switch (this) {
            case AE, AS, CS, DA, DS, DT, IS, LO, LT, PN, SH, ST, TM, UC, UI, UR, UT -> true;
            default -> false;
        };
    }

    /** How many bytes of a value the byte order turns around; 1 if none. */
    int numberSize() {
        return switch (this) {
            case AT, OW, SS, US -> 2;
            case FL, OF, OL, SL, UL -> 4;
            case FD, OD, OV, SV, UV -> 8;
            default -> 1;
        };
    }

    /** What fills a value of odd length. */
    byte padding() {
        return (byte) (isText() && this != UI ? ' ' : 0);
    }
}
