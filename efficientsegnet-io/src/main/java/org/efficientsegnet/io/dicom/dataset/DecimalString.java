// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom.dataset;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;

/** Numbers as DICOM's decimal strings: 16 characters at most. */
final class DecimalString {

    private static final int LONGEST = 16;

    private DecimalString() {}

    /** The shortest text that gives the number back, or the nearest one that fits. */
    static String of(double value) {
        if (!Double.isFinite(value)) {
            throw new IllegalArgumentException(value + " is no finite number");
        }
        BigDecimal exact = new BigDecimal(Double.toString(value)).stripTrailingZeros();
        for (int digits = Math.max(1, exact.precision()); digits > 0; digits--) {
            BigDecimal rounded =
                    exact.round(new MathContext(digits, RoundingMode.HALF_EVEN)).stripTrailingZeros();
            String plain = rounded.toPlainString();
            if (plain.length() <= LONGEST) {
                return plain;
            }
            String scientific = rounded.unscaledValue() + "E" + -rounded.scale();
            if (scientific.length() <= LONGEST) {
                return scientific;
            }
        }
        throw new AssertionError(value);
    }
}
