// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.efficientsegnet.files.AtomicOutput;
import org.efficientsegnet.io.dicom.dataset.DataSet;
import org.efficientsegnet.io.dicom.dataset.DicomWriter;
import org.efficientsegnet.io.dicom.dataset.Tag;
import org.efficientsegnet.io.dicom.dataset.TransferSyntax;
import org.efficientsegnet.io.organs.OrganTable;
import org.efficientsegnet.volume.Axis;
import org.efficientsegnet.volume.LabelMap;

/** Makes DICOM SEG files; see {@link DicomSeg}. */
final class SegWriter {

    private static final int[] LOSSY = {Tag.LOSSY_IMAGE_COMPRESSION_RATIO, Tag.LOSSY_IMAGE_COMPRESSION_METHOD};

    private final DerivedObject derived;
    private final LabelMap labels;
    private final StackGeometry stack;
    private final DicomSeg.Options options;
    private final int rows;
    private final int columns;

    /** Label of each segment; the segment's number is the index plus one. */
    private final int[] segments;

    private final List<Frame> frames = new ArrayList<>();

    /** A segment on a slice of the source. */
    private record Frame(int segment, int z) {}

    private SegWriter(LabelMap labels, DicomSeries series, DicomSeg.Options options) throws IOException {
        derived = new DerivedObject(labels, series, options.created(), options.toString());
        this.labels = labels;
        this.options = options;
        stack = derived.stack;
        rows = derived.rows();
        columns = derived.columns();
        segments = derived.labelsInOrder();
        findFrames();
    }

    static void write(LabelMap labels, DicomSeries series, Path path, DicomSeg.Options options) throws IOException {
        SegWriter writer = new SegWriter(labels, series, options);
        AtomicOutput.write(path, writer::write);
    }

    static void write(LabelMap labels, DicomSeries series, OutputStream out, DicomSeg.Options options)
            throws IOException {
        new SegWriter(labels, series, options).write(out);
    }

    private void write(OutputStream out) throws IOException {
        DataSet dataSet = dataSet();
        DataSet meta = DerivedObject.meta(dataSet, TransferSyntax.EXPLICIT_LITTLE_ENDIAN);
        long bits = (long) frames.size() * rows * columns;
        DicomWriter.write(out, meta, dataSet, (bits + 7) / 8, this::pixels);
    }

    /** Segment by segment, slices in order; what no segment is on gets an empty frame of the first one. */
    private void findFrames() {
        int depth = stack.slices().size();
        boolean[][] seen = new boolean[depth][256];
        for (int z = 0; z < depth; z++) {
            for (int y = 0; y < rows; y++) {
                int at = derived.rowStart(z, y);
                for (int x = 0; x < columns; x++) {
                    seen[z][labels.labels()[at + x] & 0xff] = true;
                }
            }
        }
        for (int s = 0; s < segments.length; s++) {
            for (int z = 0; z < depth; z++) {
                if (seen[z][segments[s]] || s == 0 && isBackground(seen[z])) {
                    frames.add(new Frame(s, z));
                }
            }
        }
    }

    private static boolean isBackground(boolean[] seen) {
        for (int label = 1; label < seen.length; label++) {
            if (seen[label]) {
                return false;
            }
        }
        return true;
    }

    private void pixels(OutputStream out) throws IOException {
        byte[] packed = new byte[columns * rows / 8 + 1];
        int pending = 0;
        int bits = 0;
        for (Frame frame : frames) {
            byte label = (byte) segments[frame.segment];
            int n = 0;
            for (int y = 0; y < rows; y++) {
                int at = derived.rowStart(frame.z, y);
                for (int x = 0; x < columns; x++) {
                    // The first pixel is the lowest bit, and frames follow each other without a gap (PS3.5 8.1.1).
                    if (labels.labels()[at + x] == label) {
                        pending |= 1 << bits;
                    }
                    if (++bits == 8) {
                        packed[n++] = (byte) pending;
                        pending = 0;
                        bits = 0;
                    }
                }
            }
            out.write(packed, 0, n);
        }
        if (bits > 0) {
            out.write(pending);
        }
    }

    private DataSet dataSet() {
        DataSet.Builder file = derived.begin(
                        "SEG", DicomSeg.SOP_CLASS, options.seriesNumber(), options.seriesDescription())
                .text(Tag.FRAME_OF_REFERENCE_UID, derived.frameOfReference())
                .text(Tag.CONTENT_DATE, derived.date())
                .text(Tag.CONTENT_TIME, derived.clock())
                .text(Tag.IMAGE_TYPE, "DERIVED", "PRIMARY")
                .text(Tag.CONTENT_LABEL, "SEGMENTATION")
                .text(Tag.CONTENT_DESCRIPTION, DerivedObject.shortened(options.seriesDescription()))
                .text(Tag.CONTENT_CREATOR_NAME)
                .integers(Tag.SAMPLES_PER_PIXEL, 1)
                .text(Tag.PHOTOMETRIC_INTERPRETATION, "MONOCHROME2")
                .integers(Tag.NUMBER_OF_FRAMES, frames.size())
                .integers(Tag.ROWS, rows)
                .integers(Tag.COLUMNS, columns)
                .integers(Tag.BITS_ALLOCATED, 1)
                .integers(Tag.BITS_STORED, 1)
                .integers(Tag.HIGH_BIT, 0)
                .integers(Tag.PIXEL_REPRESENTATION, 0)
                .text(Tag.SEGMENTATION_TYPE, "BINARY");
        boolean lossy = derived.source.text(Tag.LOSSY_IMAGE_COMPRESSION).equals(Optional.of("01"));
        file.text(Tag.LOSSY_IMAGE_COMPRESSION, lossy ? "01" : "00");
        if (lossy) {
            file.copy(derived.source, LOSSY);
        }
        dimensions(file);
        return file.items(Tag.SEGMENT_SEQUENCE, segmentItems())
                .items(
                        Tag.REFERENCED_SERIES_SEQUENCE,
                        DataSet.builder()
                                .text(Tag.SERIES_INSTANCE_UID, derived.series.uid())
                                .items(Tag.REFERENCED_INSTANCE_SEQUENCE, derived.references())
                                .build())
                .items(Tag.SHARED_FUNCTIONAL_GROUPS_SEQUENCE, shared())
                .items(Tag.PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE, perFrame())
                .build();
    }

    private List<DataSet> segmentItems() {
        List<DataSet> items = new ArrayList<>();
        for (int s = 0; s < segments.length; s++) {
            String name = derived.nameOf(segments[s]);
            Optional<SegmentCode> code =
                    Optional.ofNullable(options.codes().get(name)).or(() -> SegmentCode.ofOrgan(name));
            items.add(DataSet.builder()
                    .integers(Tag.SEGMENT_NUMBER, s + 1)
                    .text(Tag.SEGMENT_LABEL, DerivedObject.shortened(name))
                    .text(Tag.SEGMENT_ALGORITHM_TYPE, "AUTOMATIC")
                    .text(Tag.SEGMENT_ALGORITHM_NAME, DerivedObject.shortened(options.algorithm()))
                    .items(
                            Tag.SEGMENTED_PROPERTY_CATEGORY_CODE_SEQUENCE,
                            DerivedObject.item(
                                    code.isPresent() ? SegmentCode.ANATOMICAL_STRUCTURE : SegmentCode.TISSUE))
                    .items(
                            Tag.SEGMENTED_PROPERTY_TYPE_CODE_SEQUENCE,
                            DerivedObject.item(code.orElse(SegmentCode.TISSUE)))
                    .integers(
                            Tag.RECOMMENDED_DISPLAY_CIE_LAB_VALUE,
                            OrganTable.color(segments[s], name).dicomCieLab())
                    .build());
        }
        return items;
    }

    private void dimensions(DataSet.Builder file) {
        String organization = derived.newUid("dimensions");
        file.items(
                        Tag.DIMENSION_ORGANIZATION_SEQUENCE,
                        DataSet.builder()
                                .text(Tag.DIMENSION_ORGANIZATION_UID, organization)
                                .build())
                .items(
                        Tag.DIMENSION_INDEX_SEQUENCE,
                        dimension(
                                organization,
                                Tag.REFERENCED_SEGMENT_NUMBER,
                                Tag.SEGMENT_IDENTIFICATION_SEQUENCE,
                                "Segment"),
                        dimension(organization, Tag.IMAGE_POSITION_PATIENT, Tag.PLANE_POSITION_SEQUENCE, "Position"));
    }

    private static DataSet dimension(String organization, int pointer, int group, String label) {
        return DataSet.builder()
                .text(Tag.DIMENSION_ORGANIZATION_UID, organization)
                .tags(Tag.DIMENSION_INDEX_POINTER, pointer)
                .tags(Tag.FUNCTIONAL_GROUP_POINTER, group)
                .text(Tag.DIMENSION_DESCRIPTION_LABEL, label)
                .build();
    }

    private DataSet shared() {
        Slice first = stack.slices().get(0);
        double distance = stack.geometry().spacing(Axis.Z);
        DataSet.Builder measures =
                DataSet.builder().decimals(Tag.PIXEL_SPACING, first.rowSpacing(), first.columnSpacing());
        if (stack.isUneven()) {
            measures.decimals(Tag.SLICE_THICKNESS, first.thickness() > 0 ? first.thickness() : distance);
        } else {
            measures.decimals(Tag.SLICE_THICKNESS, distance).decimals(Tag.SPACING_BETWEEN_SLICES, distance);
        }
        return DataSet.builder()
                .items(
                        Tag.PLANE_ORIENTATION_SEQUENCE,
                        DataSet.builder()
                                .decimals(Tag.IMAGE_ORIENTATION_PATIENT, first.orientation())
                                .build())
                .items(Tag.PIXEL_MEASURES_SEQUENCE, measures.build())
                .build();
    }

    private List<DataSet> perFrame() {
        List<DataSet> items = new ArrayList<>();
        for (Frame frame : frames) {
            Slice slice = stack.slices().get(frame.z);
            DataSet.Builder image = DerivedObject.reference(slice)
                    .items(
                            Tag.PURPOSE_OF_REFERENCE_CODE_SEQUENCE,
                            DerivedObject.item(
                                    new SegmentCode("121322", "DCM", "Source image for image processing operation")));
            if (!stack.isTilted()) {
                image.text(Tag.SPATIAL_LOCATIONS_PRESERVED, "YES");
            }
            if (slice.frames() > 1) {
                image.integers(Tag.REFERENCED_FRAME_NUMBER, slice.frame() + 1);
            }
            items.add(DataSet.builder()
                    .items(
                            Tag.DERIVATION_IMAGE_SEQUENCE,
                            DataSet.builder()
                                    .items(
                                            Tag.DERIVATION_CODE_SEQUENCE,
                                            DerivedObject.item(new SegmentCode("113076", "DCM", "Segmentation")))
                                    .items(Tag.SOURCE_IMAGE_SEQUENCE, image.build())
                                    .build())
                    .items(
                            Tag.FRAME_CONTENT_SEQUENCE,
                            DataSet.builder()
                                    .integers(Tag.DIMENSION_INDEX_VALUES, frame.segment + 1, frame.z + 1)
                                    .build())
                    .items(
                            Tag.PLANE_POSITION_SEQUENCE,
                            DataSet.builder()
                                    .decimals(Tag.IMAGE_POSITION_PATIENT, slice.position())
                                    .build())
                    .items(
                            Tag.SEGMENT_IDENTIFICATION_SEQUENCE,
                            DataSet.builder()
                                    .integers(Tag.REFERENCED_SEGMENT_NUMBER, frame.segment + 1)
                                    .build())
                    .build());
        }
        return items;
    }
}
