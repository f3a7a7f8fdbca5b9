// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom;

import java.io.IOException;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.efficientsegnet.files.AtomicOutput;
import org.efficientsegnet.io.dicom.SliceContours.Vertex;
import org.efficientsegnet.io.dicom.dataset.DataSet;
import org.efficientsegnet.io.dicom.dataset.DicomWriter;
import org.efficientsegnet.io.dicom.dataset.Tag;
import org.efficientsegnet.io.dicom.dataset.TransferSyntax;
import org.efficientsegnet.io.organs.OrganColor;
import org.efficientsegnet.io.organs.OrganTable;
import org.efficientsegnet.volume.LabelMap;

/**
 * Label maps as DICOM RT Structure Sets (PS3.3 section A.19): an organ is a region of interest with closed contours on the
 * slices of the series that was segmented, however they lie in space. A contour encloses the centres of exactly the
 * organ's pixels; holes are joined to it by a channel without width.
 *
 * <p>Thread-safe.
 */
public final class DicomRtStructure {

    static final String SOP_CLASS = "1.2.840.10008.5.1.4.1.1.481.3";

    private final DerivedObject derived;
    private final Options options;
    private final int[] labels;

    private DicomRtStructure(LabelMap labels, DicomSeries source, Options options) throws IOException {
        derived = new DerivedObject(labels, source, options.created(), options.toString());
        this.options = options;
        this.labels = derived.labelsInOrder();
    }

    /**
     * What is written beside the contours.
     *
     * @param seriesDescription of the new series
     * @param seriesNumber of the new series
     * @param algorithm which made the contours; the model's name, for instance
     * @param created the date and time to write; if set, identifiers are made from the content, so that the same labels
     *     of the same series give the same file
     */
    public record Options(
            String seriesDescription, int seriesNumber, String algorithm, Optional<LocalDateTime> created) {

        /** Series 301, "Contours", the time of writing, random identifiers. */
        public static final Options DEFAULT = new Options("Contours", 301, "EfficientSegNet", Optional.empty());

        /** @throws NullPointerException if something is null */
        public Options {
            Objects.requireNonNull(seriesDescription, "seriesDescription");
            Objects.requireNonNull(algorithm, "algorithm");
            Objects.requireNonNull(created, "created");
        }

        /** These options with a fixed time, which makes the file reproducible. */
        public Options reproducible(LocalDateTime time) {
            return new Options(seriesDescription, seriesNumber, algorithm, Optional.of(time));
        }

        /** These options with the name of what made the contours. */
        public Options withAlgorithm(String name) {
            return new Options(seriesDescription, seriesNumber, name, created);
        }
    }

    /**
     * Writes a structure set; the file appears whole or not at all.
     *
     * @param labels on the grid that {@link DicomSeries#read} gave
     * @param source the series that was segmented; the header of its first slice is read again
     * @throws IllegalArgumentException if the label map is not on the grid of the series, or names no label and holds
     *     none
     * @throws IOException if the series cannot be read again, or the file not be written
     */
    public static void write(LabelMap labels, DicomSeries source, Path path, Options options) throws IOException {
        DataSet dataSet = new DicomRtStructure(labels, source, options).dataSet();
        DataSet meta = DerivedObject.meta(dataSet, TransferSyntax.IMPLICIT_LITTLE_ENDIAN);
        AtomicOutput.write(path, out -> DicomWriter.writeImplicit(out, meta, dataSet));
    }

    private DataSet dataSet() {
        String frame = derived.frameOfReference();
        List<DataSet> regions = new ArrayList<>();
        List<DataSet> contours = new ArrayList<>();
        List<DataSet> observations = new ArrayList<>();
        for (int i = 0; i < labels.length; i++) {
            String name = derived.nameOf(labels[i]);
            OrganColor color = OrganTable.color(labels[i], name);
            regions.add(DataSet.builder()
                    .integers(Tag.ROI_NUMBER, i + 1)
                    .text(Tag.REFERENCED_FRAME_OF_REFERENCE_UID, frame)
                    .text(Tag.ROI_NAME, DerivedObject.shortened(name))
                    .text(Tag.ROI_GENERATION_ALGORITHM, "AUTOMATIC")
                    .text(Tag.ROI_GENERATION_DESCRIPTION, DerivedObject.shortened(options.algorithm()))
                    .build());
            DataSet.Builder contour = DataSet.builder()
                    .integers(Tag.ROI_DISPLAY_COLOR, color.red(), color.green(), color.blue())
                    .integers(Tag.REFERENCED_ROI_NUMBER, i + 1);
            List<DataSet> items = contours(labels[i]);
            if (!items.isEmpty()) {
                contour.items(Tag.CONTOUR_SEQUENCE, items);
            }
            contours.add(contour.build());
            observations.add(observation(i + 1, name));
        }
        DataSet.Builder file =
                derived.begin("RTSTRUCT", SOP_CLASS, options.seriesNumber(), options.seriesDescription());
        if (derived.series.frameOfReference().isPresent()) {
            file.text(Tag.FRAME_OF_REFERENCE_UID, frame);
        }
        return file.text(Tag.OPERATORS_NAME)
                .text(Tag.STRUCTURE_SET_LABEL, "ORGANS")
                .text(Tag.STRUCTURE_SET_DATE, derived.date())
                .text(Tag.STRUCTURE_SET_TIME, derived.clock())
                .items(Tag.REFERENCED_FRAME_OF_REFERENCE_SEQUENCE, referencedFrame(frame))
                .items(Tag.STRUCTURE_SET_ROI_SEQUENCE, regions)
                .items(Tag.ROI_CONTOUR_SEQUENCE, contours)
                .items(Tag.RT_ROI_OBSERVATIONS_SEQUENCE, observations)
                .text(Tag.APPROVAL_STATUS, "UNAPPROVED")
                .build();
    }

    private static DataSet observation(int number, String name) {
        DataSet.Builder observation = DataSet.builder()
                .integers(Tag.OBSERVATION_NUMBER, number)
                .integers(Tag.REFERENCED_ROI_NUMBER, number)
                .text(Tag.RT_ROI_INTERPRETED_TYPE, "ORGAN")
                .text(Tag.ROI_INTERPRETER);
        SegmentCode.ofOrgan(name)
                .ifPresent(
                        code -> observation.items(Tag.RT_ROI_IDENTIFICATION_CODE_SEQUENCE, DerivedObject.item(code)));
        return observation.build();
    }

    private DataSet referencedFrame(String frame) {
        DataSet series = DataSet.builder()
                .text(Tag.SERIES_INSTANCE_UID, derived.series.uid())
                .items(Tag.CONTOUR_IMAGE_SEQUENCE, derived.references())
                .build();
        DataSet study = DataSet.builder()
                // Detached Study Management, which is retired but what the attribute still demands.
                .text(Tag.REFERENCED_SOP_CLASS_UID, "1.2.840.10008.3.1.2.3.1")
                .text(Tag.REFERENCED_SOP_INSTANCE_UID, derived.series.studyUid())
                .items(Tag.RT_REFERENCED_SERIES_SEQUENCE, series)
                .build();
        DataSet.Builder item = DataSet.builder().text(Tag.FRAME_OF_REFERENCE_UID, frame);
        return derived.series.studyUid().isEmpty()
                ? item.build()
                : item.items(Tag.RT_REFERENCED_STUDY_SEQUENCE, study).build();
    }

    /** The part of a slice that a label lies in. */
    private record Part(int firstRow, int firstColumn, boolean[][] inside) {

        Vertex ofSlice(Vertex vertex) {
            return new Vertex(vertex.row2() + 2 * firstRow, vertex.column2() + 2 * firstColumn);
        }
    }

    private List<DataSet> contours(int label) {
        List<DataSet> items = new ArrayList<>();
        for (int z = 0; z < derived.stack.slices().size(); z++) {
            Part part = part((byte) label, z);
            if (part != null) {
                Slice slice = derived.stack.slices().get(z);
                for (List<Vertex> contour : SliceContours.of(part.inside())) {
                    items.add(item(contour.stream().map(part::ofSlice).toList(), slice, items.size() + 1));
                }
            }
        }
        return items;
    }

    /** Null if the slice has nothing of the label. */
    private Part part(byte label, int z) {
        byte[] voxels = derived.labels.labels();
        int firstRow = derived.rows();
        int lastRow = -1;
        int firstColumn = derived.columns();
        int lastColumn = -1;
        for (int y = 0; y < derived.rows(); y++) {
            int at = derived.rowStart(z, y);
            int left = 0;
            while (left < derived.columns() && voxels[at + left] != label) {
                left++;
            }
            if (left < derived.columns()) {
                int right = derived.columns() - 1;
                while (voxels[at + right] != label) {
                    right--;
                }
                firstRow = Math.min(firstRow, y);
                lastRow = y;
                firstColumn = Math.min(firstColumn, left);
                lastColumn = Math.max(lastColumn, right);
            }
        }
        if (lastRow < 0) {
            return null;
        }
        boolean[][] inside = new boolean[lastRow - firstRow + 1][lastColumn - firstColumn + 1];
        for (int y = 0; y < inside.length; y++) {
            int at = derived.rowStart(z, firstRow + y) + firstColumn;
            for (int x = 0; x < inside[y].length; x++) {
                inside[y][x] = voxels[at + x] == label;
            }
        }
        return new Part(firstRow, firstColumn, inside);
    }

    private static DataSet item(List<Vertex> contour, Slice slice, int number) {
        double[] points = new double[3 * contour.size()];
        double[] o = slice.orientation();
        for (int i = 0; i < contour.size(); i++) {
            double alongRow = contour.get(i).column2() / 2.0 * slice.columnSpacing();
            double alongColumn = contour.get(i).row2() / 2.0 * slice.rowSpacing();
            for (int axis = 0; axis < 3; axis++) {
                points[3 * i + axis] = rounded(slice.position()[axis] + alongRow * o[axis] + alongColumn * o[3 + axis]);
            }
        }
        DataSet.Builder image = DerivedObject.reference(slice);
        if (slice.frames() > 1) {
            image.integers(Tag.REFERENCED_FRAME_NUMBER, slice.frame() + 1);
        }
        return DataSet.builder()
                .integers(Tag.CONTOUR_NUMBER, number)
                .items(Tag.CONTOUR_IMAGE_SEQUENCE, image.build())
                .text(Tag.CONTOUR_GEOMETRIC_TYPE, "CLOSED_PLANAR")
                .integers(Tag.NUMBER_OF_CONTOUR_POINTS, contour.size())
                .decimals(Tag.CONTOUR_DATA, points)
                .build();
    }

    /** To a thousandth of a millimetre, which keeps the file small. */
    private static double rounded(double mm) {
        return Math.rint(mm * 1000) / 1000;
    }
}
