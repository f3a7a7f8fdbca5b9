// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom.dataset;

import java.util.Optional;

/** How a file's data set and pixels are encoded (DICOM PS3.5 section 10, PS3.6 table A-1). */
public enum TransferSyntax {
    IMPLICIT_LITTLE_ENDIAN("1.2.840.10008.1.2", "Implicit VR Little Endian"),
    EXPLICIT_LITTLE_ENDIAN("1.2.840.10008.1.2.1", "Explicit VR Little Endian"),
    DEFLATED("1.2.840.10008.1.2.1.99", "Deflated Explicit VR Little Endian"),
    EXPLICIT_BIG_ENDIAN("1.2.840.10008.1.2.2", "Explicit VR Big Endian"),
    RLE("1.2.840.10008.1.2.5", "RLE Lossless"),
    JPEG_BASELINE("1.2.840.10008.1.2.4.50", "JPEG Baseline (Process 1)"),
    JPEG_LOSSLESS("1.2.840.10008.1.2.4.57", "JPEG Lossless (Process 14)"),
    JPEG_LOSSLESS_SV1(
            "1.2.840.10008.1.2.4.70", "JPEG Lossless, First-Order Prediction (Process 14, Selection Value 1)"),
    JPEG_LS("1.2.840.10008.1.2.4.80", "JPEG-LS Lossless"),
    JPEG_LS_NEAR("1.2.840.10008.1.2.4.81", "JPEG-LS Near-Lossless"),
    JPEG_2000_LOSSLESS("1.2.840.10008.1.2.4.90", "JPEG 2000 (Lossless Only)"),
    JPEG_2000("1.2.840.10008.1.2.4.91", "JPEG 2000");

    private final String uid;
    private final String title;

    TransferSyntax(String uid, String title) {
        this.uid = uid;
        this.title = title;
    }

    /** The unique identifier. */
    public String uid() {
        return uid;
    }

    /** The name in the standard. */
    public String title() {
        return title;
    }

    /** The one with this identifier, empty if it is not read here. */
    public static Optional<TransferSyntax> of(String uid) {
        for (TransferSyntax syntax : values()) {
            if (syntax.uid.equals(uid)) {
                return Optional.of(syntax);
            }
        }
        return Optional.empty();
    }

    /** Whether the pixel data comes in fragments, one compressed stream a frame. */
    public boolean isEncapsulated() {
        return switch (this) {
            case IMPLICIT_LITTLE_ENDIAN, EXPLICIT_LITTLE_ENDIAN, DEFLATED, EXPLICIT_BIG_ENDIAN -> false;
            default -> true;
        };
    }

    /** Whether elements carry no value representation. */
    boolean isImplicit() {
        return this == IMPLICIT_LITTLE_ENDIAN;
    }

    /** Whether numbers, pixels among them, have their most significant byte first. */
    public boolean isBigEndian() {
        return this == EXPLICIT_BIG_ENDIAN;
    }

    /** The name in the standard and the identifier. */
    @Override
    public String toString() {
        return title + " (" + uid + ")";
    }
}
