// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.organs;

import java.util.Locale;

/**
 * A colour in sRGB.
 *
 * @param red 0 to 255
 * @param green 0 to 255
 * @param blue 0 to 255
 */
public record OrganColor(int red, int green, int blue) {

    /** From sRGB (primaries of Rec. 709, white D65) to XYZ with the white D50 of ICC profiles; Lindbloom. */
    private static final double[][] TO_XYZ_D50 = {
        {0.4360747, 0.3850649, 0.1430804}, {0.2225045, 0.7168786, 0.0606169}, {0.0139322, 0.0971045, 0.7141733}
    };

    private static final double[] WHITE_D50 = {0.96422, 1, 0.82521};

    /** @throws IllegalArgumentException if a part is out of range */
    public OrganColor {
        if ((red | green | blue) < 0 || red > 255 || green > 255 || blue > 255) {
            throw new IllegalArgumentException("not a colour: " + red + ", " + green + ", " + blue);
        }
    }

    /** From {@code 0xrrggbb}. */
    static OrganColor of(int rgb) {
        return new OrganColor(rgb >> 16 & 0xff, rgb >> 8 & 0xff, rgb & 0xff);
    }

    /** As {@code 0xrrggbb}. */
    public int rgb() {
        return red << 16 | green << 8 | blue;
    }

    /** As {@code #rrggbb}. */
    public String hex() {
        return String.format(Locale.ROOT, "#%06x", rgb());
    }

    /**
     * L*, a*, b* as DICOM stores them in 16 bits (PS3.3 C.10.7.1.1): 0 to 100 and -128 to 127 become 0 to 65,535.
     */
    public int[] dicomCieLab() {
        double[] linear = {linear(red), linear(green), linear(blue)};
        double[] f = new double[3];
        for (int row = 0; row < 3; row++) {
            double xyz = 0;
            for (int i = 0; i < 3; i++) {
                xyz += TO_XYZ_D50[row][i] * linear[i];
            }
            double t = xyz / WHITE_D50[row];
            f[row] = t > 216.0 / 24389 ? Math.cbrt(t) : (24389.0 / 27 * t + 16) / 116;
        }
        return new int[] {
            scaled(116 * f[1] - 16, 0, 100),
            scaled(500 * (f[0] - f[1]), -128, 127),
            scaled(200 * (f[1] - f[2]), -128, 127)
        };
    }

    private static int scaled(double value, double low, double high) {
        return (int) Math.round(65535 * (Math.min(high, Math.max(low, value)) - low) / (high - low));
    }

    private static double linear(int part) {
        double v = part / 255.0;
        return v <= 0.04045 ? v / 12.92 : Math.pow((v + 0.055) / 1.055, 2.4);
    }
}
