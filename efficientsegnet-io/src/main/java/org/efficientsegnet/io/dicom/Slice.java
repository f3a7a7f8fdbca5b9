// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom;

import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import org.efficientsegnet.io.dicom.dataset.Source;
import org.efficientsegnet.io.dicom.pixel.PixelFormat;

/**
 * One slice as the headers describe it: a file's only frame, or one frame of an enhanced image.
 *
 * @param source where it is
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
 * @param acquisition what tells which acquisition of the series it is from
 */
record Slice(
        Source source,
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
        Acquisition acquisition) {

    /**
     * What the slices of a series share.
     *
     * @param uid Series Instance UID
     * @param studyUid Study Instance UID
     * @param frameOfReference Frame of Reference UID, empty if there is none
     * @param description Series Description, empty if there is none
     */
    record SeriesLabel(String uid, String studyUid, Optional<String> frameOfReference, String description) {}

    /**
     * What may tell the acquisitions, phases and reconstructions of one series apart. Texts as they stand in the file,
     * empty if it does not say.
     *
     * @param number Acquisition Number
     * @param phase Temporal Position Identifier or Index
     * @param time when the acquisition began, date and time
     * @param voltage of the tube, kV
     * @param kernel of the reconstruction
     * @param imageType the values of Image Type
     * @param instance Instance Number, which follows the order of the slices in each acquisition
     */
    record Acquisition(
            String number,
            String phase,
            String time,
            String voltage,
            String kernel,
            String imageType,
            OptionalInt instance) {}

    /** The name of its file. */
    Path file() {
        return source.path();
    }

    /** The folder of its file. */
    Path folder() {
        return folderOf(file());
    }

    /** The folder that a file lies in; of a bare name, the current one. */
    static Path folderOf(Path file) {
        Path parent = file.getParent();
        return parent == null ? Path.of("") : parent;
    }

    /** A slice like this one somewhere else, of which there is no frame. */
    Slice emptyAt(double[] where) {
        return new Slice(
                source,
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
        return file().getFileName() + (frames > 1 ? " frame " + (frame + 1) : "") + " (SOP instance " + sopInstance
                + ")";
    }
}
