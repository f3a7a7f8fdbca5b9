// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.preview;

import java.util.Objects;
import java.util.Optional;

/**
 * How a preview looks.
 *
 * @param windowCenter the HU shown as middle grey
 * @param windowWidth the HU from black to white, above zero
 * @param width of the picture, pixels, 600 to 6000
 * @param opacity of the organs' colour, 0 (outlines only) to 1
 * @param title above the slices, if any
 * @param stacked whether the slices stand below each other, for narrow screens, instead of side by side
 */
public record PreviewOptions(
        double windowCenter, double windowWidth, int width, double opacity, Optional<String> title, boolean stacked) {

    /** The usual abdominal window (40, 400 HU), 1800 pixels, without title, slices side by side. */
    public static final PreviewOptions DEFAULT = new PreviewOptions(40, 400, 1800, 0.4, Optional.empty(), false);

    /** As {@link #DEFAULT}, 900 pixels, slices below each other. */
    public static final PreviewOptions NARROW = new PreviewOptions(40, 400, 900, 0.4, Optional.empty(), true);

    /** @throws IllegalArgumentException if a number is out of its range */
    public PreviewOptions {
        Objects.requireNonNull(title, "title");
        if (!Double.isFinite(windowCenter) || !(windowWidth > 0) || !Double.isFinite(windowWidth)) {
            throw new IllegalArgumentException("the window " + windowCenter + "/" + windowWidth + " HU is empty");
        }
        if (width < 600 || width > 6000) {
            throw new IllegalArgumentException("a width of " + width + " pixels is not between 600 and 6000");
        }
        if (!(opacity >= 0 && opacity <= 1)) {
            throw new IllegalArgumentException("an opacity of " + opacity + " is not between 0 and 1");
        }
    }

    /** These options with another window. */
    public PreviewOptions withWindow(double center, double windowWidth) {
        return new PreviewOptions(center, windowWidth, width, opacity, title, stacked);
    }

    /** These options with another width of the picture. */
    public PreviewOptions withWidth(int pixels) {
        return new PreviewOptions(windowCenter, windowWidth, pixels, opacity, title, stacked);
    }

    /** These options with another opacity. */
    public PreviewOptions withOpacity(double other) {
        return new PreviewOptions(windowCenter, windowWidth, width, other, title, stacked);
    }

    /** These options with a title. */
    public PreviewOptions withTitle(String text) {
        return new PreviewOptions(windowCenter, windowWidth, width, opacity, Optional.of(text), stacked);
    }
}
