package org.efficientsegnet.io.dicom;

import java.io.IOException;
import java.io.OutputStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.UUID;
import org.efficientsegnet.files.AtomicOutput;
import org.efficientsegnet.files.Sha256;
import org.efficientsegnet.io.dicom.dataset.DataSet;
import org.efficientsegnet.io.dicom.dataset.DicomWriter;
import org.efficientsegnet.io.dicom.dataset.Tag;
import org.efficientsegnet.io.dicom.dataset.TransferSyntax;
import org.efficientsegnet.io.format.ReadLimits;
import org.efficientsegnet.volume.Axis;
import org.efficientsegnet.volume.LabelMap;

/** Makes DICOM SEG files; see {@link DicomSeg}. */
final class SegWriter {

    private static final double SAME_GRID_MM = 1e-3;
    private static final int LONGEST_LABEL = 64;

    /** Attributes of the Patient, Clinical Trial, General Study and Patient Study modules. */
    private static final int[] PATIENT_AND_STUDY = {
        Tag.SPECIFIC_CHARACTER_SET,
        Tag.TIMEZONE_OFFSET_FROM_UTC,
        Tag.PATIENT_NAME,
        Tag.PATIENT_ID,
        Tag.ISSUER_OF_PATIENT_ID,
        Tag.PATIENT_BIRTH_DATE,
        Tag.PATIENT_BIRTH_TIME,
        Tag.PATIENT_SEX,
        Tag.PATIENT_AGE,
        Tag.PATIENT_SIZE,
        Tag.PATIENT_WEIGHT,
        Tag.ETHNIC_GROUP,
        Tag.OCCUPATION,
        Tag.ADDITIONAL_PATIENT_HISTORY,
        Tag.PATIENT_COMMENTS,
        Tag.PATIENT_SPECIES_DESCRIPTION,
        Tag.PATIENT_BREED_DESCRIPTION,
        Tag.RESPONSIBLE_PERSON,
        Tag.RESPONSIBLE_ORGANIZATION,
        Tag.PATIENT_IDENTITY_REMOVED,
        Tag.DEIDENTIFICATION_METHOD,
        Tag.DEIDENTIFICATION_METHOD_CODE_SEQUENCE,
        Tag.CLINICAL_TRIAL_SPONSOR_NAME,
        Tag.CLINICAL_TRIAL_PROTOCOL_ID,
        Tag.CLINICAL_TRIAL_PROTOCOL_NAME,
        Tag.CLINICAL_TRIAL_SITE_ID,
        Tag.CLINICAL_TRIAL_SITE_NAME,
        Tag.CLINICAL_TRIAL_SUBJECT_ID,
        Tag.CLINICAL_TRIAL_SUBJECT_READING_ID,
        Tag.CLINICAL_TRIAL_TIME_POINT_ID,
        Tag.CLINICAL_TRIAL_TIME_POINT_DESCRIPTION,
        Tag.STUDY_INSTANCE_UID,
        Tag.STUDY_DATE,
        Tag.STUDY_TIME,
        Tag.STUDY_ID,
        Tag.STUDY_DESCRIPTION,
        Tag.ACCESSION_NUMBER,
        Tag.REFERRING_PHYSICIAN_NAME,
        Tag.PHYSICIANS_OF_RECORD,
        Tag.PROCEDURE_CODE_SEQUENCE,
        Tag.POSITION_REFERENCE_INDICATOR
    };

    /** Those of them that must be there, be it empty. */
    private static final int[] REQUIRED = {
        Tag.PATIENT_NAME,
        Tag.PATIENT_ID,
        Tag.PATIENT_BIRTH_DATE,
        Tag.PATIENT_SEX,
        Tag.STUDY_DATE,
        Tag.STUDY_TIME,
        Tag.STUDY_ID,
        Tag.ACCESSION_NUMBER,
        Tag.REFERRING_PHYSICIAN_NAME,
        Tag.POSITION_REFERENCE_INDICATOR
    };

    private static final int[] LOSSY = {Tag.LOSSY_IMAGE_COMPRESSION_RATIO, Tag.LOSSY_IMAGE_COMPRESSION_METHOD};

    private final LabelMap labels;
    private final StackGeometry stack;
    private final DataSet source;
    private final DicomSeries series;
    private final DicomSeg.Options options;
    private final LocalDateTime time;
    private final int rows;
    private final int columns;
    /** Label of each segment; the segment's number is the index plus one. */
    private final int[] segments;

    private final List<Frame> frames = new ArrayList<>();
    private final byte[] digest;

    /** A segment on a slice of the source. */
    private record Frame(int segment, int z) {}

    private SegWriter(LabelMap labels, DicomSeries series, DicomSeg.Options options) throws IOException {
        this.labels = labels;
        this.series = series;
        this.options = options;
        // The series has been read before, under whatever limits that had.
        ReadLimits limits = ReadLimits.DEFAULT.withMaxVoxels(Integer.MAX_VALUE).withMaxDataBytes(Long.MAX_VALUE);
        stack = series.stackOfLabels(limits);
        source = series.attributes(limits);
        if (!labels.shape().equals(stack.shape()) || !labels.geometry().isCloseTo(stack.geometry(), SAME_GRID_MM)) {
            throw new IllegalArgumentException("the label map (" + labels + ") is not on the grid of the series ("
                    + stack.shape() + ", " + stack.geometry() + ")");
        }
        time = options.created().orElseGet(LocalDateTime::now);
        rows = stack.slices().get(0).format().rows();
        columns = stack.slices().get(0).format().columns();
        segments = segments();
        findFrames();
        digest = digest();
    }

    static void write(LabelMap labels, DicomSeries series, Path path, DicomSeg.Options options) throws IOException {
        SegWriter writer = new SegWriter(labels, series, options);
        DataSet dataSet = writer.dataSet();
        DataSet meta = DataSet.builder()
                .bytes(Tag.FILE_META_INFORMATION_VERSION, (byte) 0, (byte) 1)
                .text(Tag.MEDIA_STORAGE_SOP_CLASS_UID, DicomSeg.SOP_CLASS)
                .text(Tag.MEDIA_STORAGE_SOP_INSTANCE_UID, dataSet.require(Tag.SOP_INSTANCE_UID))
                .text(Tag.TRANSFER_SYNTAX_UID, TransferSyntax.EXPLICIT_LITTLE_ENDIAN.uid())
                .text(Tag.IMPLEMENTATION_CLASS_UID, uid(UUID.nameUUIDFromBytes(ascii("org.efficientsegnet"))))
                .text(Tag.IMPLEMENTATION_VERSION_NAME, "EFFICIENTSEGNET")
                .build();
        long bits = (long) writer.frames.size() * writer.rows * writer.columns;
        AtomicOutput.write(path, out -> DicomWriter.write(out, meta, dataSet, (bits + 7) / 8, writer::pixels));
    }

    private int[] segments() {
        TreeSet<Integer> all = new TreeSet<>(labels.names().keySet());
        boolean[] present = new boolean[256];
        for (byte label : labels.labels()) {
            present[label & 0xff] = true;
        }
        for (int label = 0; label < 256; label++) {
            if (present[label]) {
                all.add(label);
            }
        }
        all.remove(0);
        if (all.isEmpty()) {
            throw new IllegalArgumentException("a label map without names and labels makes no segment");
        }
        return all.stream().mapToInt(Integer::intValue).toArray();
    }

    /** Segment by segment, slices in order; what no segment is on gets an empty frame of the first one. */
    private void findFrames() {
        int depth = stack.slices().size();
        boolean[][] seen = new boolean[depth][256];
        for (int z = 0; z < depth; z++) {
            for (int y = 0; y < rows; y++) {
                int at = labels.shape().index(stack.gridSlice(z), stack.gridRow(z, y), stack.gridColumn(z, 0));
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
                int at = labels.shape()
                        .index(stack.gridSlice(frame.z), stack.gridRow(frame.z, y), stack.gridColumn(frame.z, 0));
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
        String date = time.format(DateTimeFormatter.ofPattern("yyyyMMdd"));
        String clock = time.format(DateTimeFormatter.ofPattern("HHmmss"));
        DataSet.Builder file = DataSet.builder();
        for (int tag : REQUIRED) {
            file.text(tag);
        }
        file.copy(source, PATIENT_AND_STUDY)
                .text(Tag.FRAME_OF_REFERENCE_UID, series.frameOfReference().orElseGet(() -> newUid("frame")))
                .text(Tag.SOP_CLASS_UID, DicomSeg.SOP_CLASS)
                .text(Tag.SOP_INSTANCE_UID, newUid("instance"))
                .text(Tag.SERIES_INSTANCE_UID, newUid("series"))
                .text(Tag.MODALITY, "SEG")
                .integers(Tag.SERIES_NUMBER, options.seriesNumber())
                .text(Tag.SERIES_DESCRIPTION, shortened(options.seriesDescription()))
                .text(Tag.SERIES_DATE, date)
                .text(Tag.SERIES_TIME, clock)
                .integers(Tag.INSTANCE_NUMBER, 1)
                .text(Tag.CONTENT_DATE, date)
                .text(Tag.CONTENT_TIME, clock)
                .text(Tag.IMAGE_TYPE, "DERIVED", "PRIMARY")
                .text(Tag.MANUFACTURER, "EfficientSegNet")
                .text(Tag.MANUFACTURER_MODEL_NAME, "EfficientSegNet for Java")
                .text(Tag.DEVICE_SERIAL_NUMBER, "none")
                .text(Tag.SOFTWARE_VERSIONS, version())
                .text(Tag.CONTENT_LABEL, "SEGMENTATION")
                .text(Tag.CONTENT_DESCRIPTION, shortened(options.seriesDescription()))
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
        if (series.studyUid().isEmpty()) {
            file.text(Tag.STUDY_INSTANCE_UID, newUid("study"));
        }
        boolean lossy = source.text(Tag.LOSSY_IMAGE_COMPRESSION).equals(Optional.of("01"));
        file.text(Tag.LOSSY_IMAGE_COMPRESSION, lossy ? "01" : "00");
        if (lossy) {
            file.copy(source, LOSSY);
        }
        dimensions(file);
        return file.items(Tag.SEGMENT_SEQUENCE, segmentItems())
                .items(Tag.REFERENCED_SERIES_SEQUENCE, referencedSeries())
                .items(Tag.SHARED_FUNCTIONAL_GROUPS_SEQUENCE, shared())
                .items(Tag.PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE, perFrame())
                .build();
    }

    private List<DataSet> segmentItems() {
        List<DataSet> items = new ArrayList<>();
        for (int s = 0; s < segments.length; s++) {
            String name = labels.names().getOrDefault(segments[s], "label " + segments[s]);
            Optional<SegmentCode> code =
                    Optional.ofNullable(options.codes().get(name)).or(() -> SegmentCode.ofOrgan(name));
            items.add(DataSet.builder()
                    .integers(Tag.SEGMENT_NUMBER, s + 1)
                    .text(Tag.SEGMENT_LABEL, shortened(name))
                    .text(Tag.SEGMENT_ALGORITHM_TYPE, "AUTOMATIC")
                    .text(Tag.SEGMENT_ALGORITHM_NAME, shortened(options.algorithm()))
                    .items(
                            Tag.SEGMENTED_PROPERTY_CATEGORY_CODE_SEQUENCE,
                            item(code.isPresent() ? SegmentCode.ANATOMICAL_STRUCTURE : SegmentCode.TISSUE))
                    .items(Tag.SEGMENTED_PROPERTY_TYPE_CODE_SEQUENCE, item(code.orElse(SegmentCode.TISSUE)))
                    .build());
        }
        return items;
    }

    private static DataSet item(SegmentCode code) {
        return DataSet.builder()
                .text(Tag.CODE_VALUE, code.value())
                .text(Tag.CODING_SCHEME_DESIGNATOR, code.scheme())
                .text(Tag.CODE_MEANING, shortened(code.meaning()))
                .build();
    }

    /** Every slice of the source, whether an organ is on it or not. */
    private DataSet referencedSeries() {
        Map<String, DataSet> instances = new LinkedHashMap<>();
        for (Slice slice : stack.slices()) {
            instances.computeIfAbsent(
                    slice.sopInstance(), uid -> reference(slice).build());
        }
        return DataSet.builder()
                .text(Tag.SERIES_INSTANCE_UID, series.uid())
                .items(Tag.REFERENCED_INSTANCE_SEQUENCE, List.copyOf(instances.values()))
                .build();
    }

    private static DataSet.Builder reference(Slice slice) {
        return DataSet.builder()
                .text(Tag.REFERENCED_SOP_CLASS_UID, slice.sopClass())
                .text(Tag.REFERENCED_SOP_INSTANCE_UID, slice.sopInstance());
    }

    private void dimensions(DataSet.Builder file) {
        String organization = newUid("dimensions");
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
            DataSet.Builder image = reference(slice)
                    .items(
                            Tag.PURPOSE_OF_REFERENCE_CODE_SEQUENCE,
                            item(new SegmentCode("121322", "DCM", "Source image for image processing operation")));
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
                                            item(new SegmentCode("113076", "DCM", "Segmentation")))
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

    /** A long string has 64 characters at most, and a backslash would begin another one. */
    private static String shortened(String text) {
        String clean = text.replaceAll("[^ -\\[\\]-~]", "_");
        return clean.substring(0, Math.min(clean.length(), LONGEST_LABEL));
    }

    private static String version() {
        String version = SegWriter.class.getPackage().getImplementationVersion();
        return version == null ? "unreleased" : version;
    }

    private byte[] digest() {
        MessageDigest sha = Sha256.digest();
        sha.update(ascii(options.toString() + labels.names() + labels.geometry()));
        stack.slices().forEach(slice -> sha.update(ascii(slice.sopInstance() + "/" + slice.frame() + ";")));
        sha.update(labels.labels());
        return sha.digest();
    }

    /** {@code 2.25.} and a UUID as a number (PS3.5 B.2): random, or from the content if the time is fixed. */
    private String newUid(String role) {
        if (options.created().isEmpty()) {
            return uid(UUID.randomUUID());
        }
        MessageDigest sha = Sha256.digest();
        sha.update(ascii(role));
        ByteBuffer bits = ByteBuffer.wrap(sha.digest(digest));
        // The version and variant of a UUID that is made from a name.
        return uid(new UUID(
                bits.getLong() & ~0xf000L | 0x8000L, bits.getLong() & 0x3fffffffffffffffL | 0x8000000000000000L));
    }

    private static String uid(UUID uuid) {
        byte[] bits = ByteBuffer.allocate(16)
                .putLong(uuid.getMostSignificantBits())
                .putLong(uuid.getLeastSignificantBits())
                .array();
        return "2.25." + new BigInteger(1, bits);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
