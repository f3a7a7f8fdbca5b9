// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.augment;

import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.efficientsegnet.volume.Axis;
import org.efficientsegnet.volume.Orientation;

/**
 * Labels of organs that there are twice: in a mirrored scan the left one is a right one. Pairs are told by their names,
 * {@code left kidney} and {@code right kidney} or {@code kidney_l} and {@code kidney_r}. Immutable.
 */
final class MirroredLabels {

    private static final Pattern SIDE = Pattern.compile("(?<![a-z])(left|right|l|r)(?![a-z])");

    private final byte[] other = new byte[256];
    private final Axis axis;

    /**
     * @param names of the labels, the first is label 1
     * @param orientation how the grid lies in the patient
     */
    MirroredLabels(List<String> names, Orientation orientation) {
        axis = orientation.axisAlong('R');
        for (int i = 0; i < other.length; i++) {
            other[i] = (byte) i;
        }
        List<String> lower = names.stream().map(n -> n.toLowerCase(Locale.ROOT)).toList();
        for (int i = 0; i < lower.size(); i++) {
            int pair = lower.indexOf(mirrored(lower.get(i)));
            if (pair >= 0) {
                other[i + 1] = (byte) (pair + 1);
            }
        }
    }

    private static String mirrored(String name) {
        Matcher matcher = SIDE.matcher(name);
        return matcher.replaceAll(side -> switch (side.group()) {
            case "left" -> "right";
            case "right" -> "left";
            case "l" -> "r";
            default -> "l";
        });
    }

    /** The index axis that runs between left and right. */
    Axis axis() {
        return axis;
    }

    /** The labels of a sample whose left and right changed places. */
    byte[] swap(byte[] labels) {
        byte[] swapped = new byte[labels.length];
        for (int i = 0; i < labels.length; i++) {
            swapped[i] = other[labels[i] & 0xff];
        }
        return swapped;
    }
}
