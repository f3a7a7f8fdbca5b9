// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet;

import java.util.Optional;

/**
 * Something about a result that its reader should know; the run itself went well.
 *
 * @param kind what kind of doubt it is, for programs
 * @param organ which organ it is about, as the model calls it; empty if it is about the scan
 * @param message what was seen and what it may mean, for people
 */
public record SegmentationWarning(Kind kind, Optional<String> organ, String message) {

    /** About the scan as a whole. */
    public SegmentationWarning(Kind kind, String message) {
        this(kind, Optional.empty(), message);
    }

    /** What kind of doubt. */
    public enum Kind {
        /** The coarse network saw no organ at all; the label map is empty. */
        NOTHING_FOUND,
        /** One of the organs was not found. */
        ORGAN_NOT_FOUND,
        /** An organ reaches the first or last slice, or a side of the scan: it is cut off, its volume too small. */
        ORGAN_CUT_OFF,
        /** An organ has a volume, values or a place that organs of living people do not have. */
        IMPLAUSIBLE_ORGAN,
        /** The coarse and the fine network find an organ in different places, or one of them does not find it. */
        NETWORKS_DISAGREE,
        /** The values do not look like Hounsfield units. */
        NOT_HOUNSFIELD,
        /** The spacing cannot be in millimetres; volumes are wrong if it is not. */
        IMPLAUSIBLE_SIZE,
        /** Organs lie on the wrong side of each other, as if the scan were mirrored or upside down. */
        FLIPPED,
        /** The grid's axes are far from the patient's; the nearest ones are taken. */
        OBLIQUE
    }

    @Override
    public String toString() {
        return message;
    }
}
