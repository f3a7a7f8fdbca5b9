package org.efficientsegnet.io.dicom;

import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import org.efficientsegnet.io.dicom.pixel.PixelFormat;

/**
 * One slice as the headers describe it: a file's only frame, or one frame of an enhanced image.
 *
 * @param file where it is
 * @param frame counted from 0
 * @param frames how many the file has
 * @param sopClass the kind of object
 * @param sopInstance the object's identifier
 * @param series what it belongs to
 * @param position patient coordinates (LPS, mm) of the first pixel's centre
 * @param orientation directions (LPS) of a row and of a column
 * @param rowSpacing distance between rows, mm
 * @param columnSpacing distance between columns, mm
 * @param thickness distance to the next slice if there is but one, mm; 0 if unknown
 * @param format how its pixels are stored
 * @param slope factor to HU
 * @param intercept summand to HU
 * @param localiser whether it is a scout view
 * @param acquisition which acquisition of the series it is from
 */
record Slice(
        Path file,
        int frame,
        int frames,
        String sopClass,
        String sopInstance,
        SeriesLabel series,
        double[] position,
        double[] orientation,
        double rowSpacing,
        double columnSpacing,
        double thickness,
        PixelFormat format,
        double slope,
        double intercept,
        boolean localiser,
        OptionalInt acquisition) {

    /**
     * What the slices of a series share.
     *
     * @param uid Series Instance UID
     * @param studyUid Study Instance UID
     * @param frameOfReference Frame of Reference UID, empty if there is none
     * @param description Series Description, empty if there is none
     */
    record SeriesLabel(String uid, String studyUid, Optional<String> frameOfReference, String description) {}

    /** A slice like this one somewhere else, of which there is no frame. */
    Slice emptyAt(double[] where) {
        return new Slice(
                file,
                -1,
                frames,
                sopClass,
                sopInstance,
                series,
                where,
                orientation,
                rowSpacing,
                columnSpacing,
                thickness,
                format,
                slope,
                intercept,
                localiser,
                acquisition);
    }

    /** How messages name it: the file, the frame if there are several, the identifier. */
    String describe() {
        return file.getFileName() + (frames > 1 ? " frame " + (frame + 1) : "") + " (SOP instance " + sopInstance + ")";
    }
}
