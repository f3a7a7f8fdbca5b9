// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.UUID;
import org.efficientsegnet.files.Sha256;
import org.efficientsegnet.io.dicom.dataset.DataSet;
import org.efficientsegnet.io.dicom.dataset.Tag;
import org.efficientsegnet.io.dicom.dataset.TransferSyntax;
import org.efficientsegnet.io.format.ReadLimits;
import org.efficientsegnet.volume.LabelMap;

/**
 * What DICOM objects have in common that are made of a label map of a series: its patient and study, references to its
 * slices, identifiers, the labels on the slices' own grid.
 */
final class DerivedObject {

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

    final LabelMap labels;
    final DicomSeries series;
    final StackGeometry stack;

    /** The header of the first slice. */
    final DataSet source;

    private final LocalDateTime time;
    private final boolean reproducible;
    private final byte[] digest;

    /**
     * @param created the date and time to write; if set, identifiers are made from the content
     * @param salt what else the content depends on
     * @throws IllegalArgumentException if the label map is not on the grid of the series
     * @throws IOException if the series cannot be read again
     */
    DerivedObject(LabelMap labels, DicomSeries series, Optional<LocalDateTime> created, String salt)
            throws IOException {
        this.labels = labels;
        this.series = series;
        // The series has been read before, under whatever limits that had.
        ReadLimits limits = ReadLimits.DEFAULT.withMaxVoxels(Integer.MAX_VALUE).withMaxDataBytes(Long.MAX_VALUE);
        stack = series.stackOfLabels(limits);
        source = series.attributes(limits);
        if (!labels.shape().equals(stack.shape()) || !labels.geometry().isCloseTo(stack.geometry(), SAME_GRID_MM)) {
            throw new IllegalArgumentException("the label map (" + labels + ") is not on the grid of the series ("
                    + stack.shape() + ", " + stack.geometry() + ")");
        }
        time = created.orElseGet(LocalDateTime::now);
        reproducible = created.isPresent();
        digest = digest(salt);
    }

    int rows() {
        return stack.slices().get(0).format().rows();
    }

    int columns() {
        return stack.slices().get(0).format().columns();
    }

    /** The index in the label array of the first pixel of a slice's row; the others follow. */
    int rowStart(int slice, int row) {
        return labels.shape().index(stack.gridSlice(slice), stack.gridRow(slice, row), stack.gridColumn(slice, 0));
    }

    /**
     * The labels that are named or there, in order.
     *
     * @throws IllegalArgumentException if there are none
     */
    int[] labelsInOrder() {
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
            throw new IllegalArgumentException("a label map without names and labels makes no DICOM object");
        }
        return all.stream().mapToInt(Integer::intValue).toArray();
    }

    String nameOf(int label) {
        return labels.names().getOrDefault(label, "label " + label);
    }

    /** The date of the object. */
    String date() {
        return time.format(DateTimeFormatter.ofPattern("yyyyMMdd"));
    }

    /** The time of the object. */
    String clock() {
        return time.format(DateTimeFormatter.ofPattern("HHmmss"));
    }

    /** The frame of reference of the slices, or one of the object's own. */
    String frameOfReference() {
        return series.frameOfReference().orElseGet(() -> newUid("frame"));
    }

    /** Patient, study, series and equipment. */
    DataSet.Builder begin(String modality, String sopClass, int seriesNumber, String description) {
        DataSet.Builder file = DataSet.builder();
        for (int tag : REQUIRED) {
            file.text(tag);
        }
        file.copy(source, PATIENT_AND_STUDY)
                .text(Tag.SOP_CLASS_UID, sopClass)
                .text(Tag.SOP_INSTANCE_UID, newUid("instance"))
                .text(Tag.SERIES_INSTANCE_UID, newUid("series"))
                .text(Tag.MODALITY, modality)
                .integers(Tag.SERIES_NUMBER, seriesNumber)
                .text(Tag.SERIES_DESCRIPTION, shortened(description))
                .text(Tag.SERIES_DATE, date())
                .text(Tag.SERIES_TIME, clock())
                .integers(Tag.INSTANCE_NUMBER, 1)
                .text(Tag.MANUFACTURER, "EfficientSegNet")
                .text(Tag.MANUFACTURER_MODEL_NAME, "EfficientSegNet for Java")
                .text(Tag.DEVICE_SERIAL_NUMBER, "none")
                .text(Tag.SOFTWARE_VERSIONS, version());
        if (series.studyUid().isEmpty()) {
            file.text(Tag.STUDY_INSTANCE_UID, newUid("study"));
        }
        return file;
    }

    /** The file meta information of an object. */
    static DataSet meta(DataSet object, TransferSyntax syntax) throws IOException {
        return DataSet.builder()
                .bytes(Tag.FILE_META_INFORMATION_VERSION, (byte) 0, (byte) 1)
                .text(Tag.MEDIA_STORAGE_SOP_CLASS_UID, object.require(Tag.SOP_CLASS_UID))
                .text(Tag.MEDIA_STORAGE_SOP_INSTANCE_UID, object.require(Tag.SOP_INSTANCE_UID))
                .text(Tag.TRANSFER_SYNTAX_UID, syntax.uid())
                .text(Tag.IMPLEMENTATION_CLASS_UID, uid(UUID.nameUUIDFromBytes(bytes("org.efficientsegnet"))))
                .text(Tag.IMPLEMENTATION_VERSION_NAME, "EFFICIENTSEGNET")
                .build();
    }

    /** A reference to every slice, whether an organ is on it or not. */
    List<DataSet> references() {
        Map<String, DataSet> instances = new LinkedHashMap<>();
        for (Slice slice : stack.slices()) {
            instances.computeIfAbsent(
                    slice.sopInstance(), uid -> reference(slice).build());
        }
        return List.copyOf(instances.values());
    }

    static DataSet.Builder reference(Slice slice) {
        return DataSet.builder()
                .text(Tag.REFERENCED_SOP_CLASS_UID, slice.sopClass())
                .text(Tag.REFERENCED_SOP_INSTANCE_UID, slice.sopInstance());
    }

    static DataSet item(SegmentCode code) {
        return DataSet.builder()
                .text(Tag.CODE_VALUE, code.value())
                .text(Tag.CODING_SCHEME_DESIGNATOR, code.scheme())
                .text(Tag.CODE_MEANING, shortened(code.meaning()))
                .build();
    }

    /** A long string has 64 characters at most, and a backslash would begin another one. */
    static String shortened(String text) {
        String clean = text.replaceAll("[^ -\\[\\]-~]", "_");
        return clean.substring(0, Math.min(clean.length(), LONGEST_LABEL));
    }

    private static String version() {
        String version = DerivedObject.class.getPackage().getImplementationVersion();
        return version == null ? "unreleased" : version;
    }

    private byte[] digest(String salt) {
        MessageDigest sha = Sha256.digest();
        sha.update(bytes(salt + labels.names() + labels.geometry()));
        stack.slices().forEach(slice -> sha.update(bytes(slice.sopInstance() + "/" + slice.frame() + ";")));
        sha.update(labels.labels());
        return sha.digest();
    }

    /** {@code 2.25.} and a UUID as a number (PS3.5 B.2): random, or from the content if the time is fixed. */
    String newUid(String role) {
        if (!reproducible) {
            return uid(UUID.randomUUID());
        }
        MessageDigest sha = Sha256.digest();
        sha.update(bytes(role));
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

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
