// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom.pixel;

/** A compressed frame is damaged, not as the data set says, or uses what is not decoded here; says what and why. */
final class CodecException extends Exception {

    private static final long serialVersionUID = 1L;

    CodecException(String message) {
        super(message);
    }

    CodecException(String message, Throwable cause) {
        super(message, cause);
    }
}
