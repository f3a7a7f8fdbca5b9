// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.efficientsegnet.io.dicom.dataset.CharacterSets;
import org.efficientsegnet.io.dicom.dataset.DataSet;
import org.efficientsegnet.io.dicom.dataset.DicomFile;
import org.efficientsegnet.io.dicom.dataset.PixelLocation;
import org.efficientsegnet.io.dicom.dataset.Tag;
import org.efficientsegnet.io.dicom.pixel.PixelFormat;
import org.efficientsegnet.io.format.FormatException;
import org.efficientsegnet.io.format.ReadLimits;
import org.efficientsegnet.io.format.UnsupportedFormatException;

/** Turns a file's attributes into its slices (DICOM PS3.3 sections A.3, A.38 and C.7.6.16). */
final class SliceParser {

    static final String CT = "1.2.840.10008.5.1.4.1.1.2";
    static final String ENHANCED_CT = "1.2.840.10008.5.1.4.1.1.2.1";
    static final String LEGACY_ENHANCED_CT = "1.2.840.10008.5.1.4.1.1.2.2";

    private static final String REPAIR = "Export the series again.";

    /** Kinds of objects that folders hold beside CT images, for messages. */
    private static final Map<String, String> OTHER_KINDS = Map.ofEntries(
            Map.entry("1.2.840.10008.1.3.10", "DICOMDIR"),
            Map.entry("1.2.840.10008.5.1.4.1.1.4", "MR images"),
            Map.entry("1.2.840.10008.5.1.4.1.1.4.1", "enhanced MR images"),
            Map.entry("1.2.840.10008.5.1.4.1.1.128", "PET images"),
            Map.entry("1.2.840.10008.5.1.4.1.1.7", "secondary capture images"),
            Map.entry("1.2.840.10008.5.1.4.1.1.7.1", "multi-frame secondary capture images"),
            Map.entry("1.2.840.10008.5.1.4.1.1.7.2", "multi-frame secondary capture images"),
            Map.entry("1.2.840.10008.5.1.4.1.1.7.3", "multi-frame secondary capture images"),
            Map.entry("1.2.840.10008.5.1.4.1.1.7.4", "multi-frame secondary capture images"),
            Map.entry("1.2.840.10008.5.1.4.1.1.66.4", "segmentations"),
            Map.entry("1.2.840.10008.5.1.4.1.1.481.2", "RT doses"),
            Map.entry("1.2.840.10008.5.1.4.1.1.481.3", "RT structure sets"),
            Map.entry("1.2.840.10008.5.1.4.1.1.481.5", "RT plans"),
            Map.entry("1.2.840.10008.5.1.4.1.1.88.67", "dose reports"));

    private SliceParser() {}

    /** Whether a kind of object holds CT slices. */
    static boolean isCt(String sopClass) {
        return sopClass.equals(CT) || sopClass.equals(ENHANCED_CT) || sopClass.equals(LEGACY_ENHANCED_CT);
    }

    /** The kind of object, for messages. */
    static String kind(String sopClass) {
        return OTHER_KINDS.getOrDefault(sopClass, sopClass.isEmpty() ? "objects of no kind" : "objects of " + sopClass);
    }

    /** What the file belongs to, from which a problem's series is known. */
    static Slice.SeriesLabel label(DicomFile file) throws FormatException {
        DataSet image = file.dataSet();
        return new Slice.SeriesLabel(
                image.require(Tag.SERIES_INSTANCE_UID),
                image.text(Tag.STUDY_INSTANCE_UID).orElse(""),
                image.text(Tag.FRAME_OF_REFERENCE_UID),
                image.prose(Tag.SERIES_DESCRIPTION, CharacterSets.of(image)).orElse(""));
    }

    /** The slices of a file; {@code remarks} receives what about it should be known. */
    static List<Slice> slices(DicomFile file, ReadLimits limits, Collection<String> remarks) throws IOException {
        DataSet image = file.dataSet();
        int frames = image.integer(Tag.NUMBER_OF_FRAMES).orElse(1);
        if (!image.items(Tag.MODALITY_LUT_SEQUENCE).isEmpty()) {
            throw new UnsupportedFormatException(
                    file.path(),
                    Tag.describe(Tag.MODALITY_LUT_SEQUENCE),
                    "a table to Hounsfield units, where CT has slope and intercept",
                    REPAIR);
        }
        boolean enhanced = !file.sopClass().equals(CT);
        if (!enhanced && frames != 1) {
            throw new UnsupportedFormatException(
                    file.path(),
                    Tag.describe(Tag.NUMBER_OF_FRAMES),
                    frames + " frames in a CT Image, which has one; such private multi-frame files do not say where"
                            + " their frames lie",
                    "Export single slices or Enhanced CT.");
        }
        PixelFormat format = PixelFormat.of(image);
        limits.checkGrid(
                file.path(),
                "(0028,0008) Number of Frames x (0028,0010) Rows x (0028,0011) Columns",
                format.bitsAllocated() / 8,
                frames,
                format.rows(),
                format.columns());
        remarkOnExcess(file, format, frames, remarks);
        return enhanced ? enhanced(file, format, frames, remarks) : List.of(single(file, format, remarks));
    }

    /** Bytes after the pixels are no part of them (PS3.5 section 8.1.1). */
    private static void remarkOnExcess(DicomFile file, PixelFormat format, int frames, Collection<String> remarks) {
        long needed = frames * format.pixels() * (format.bitsAllocated() / 8);
        file.pixels()
                .filter(p -> p.length() != PixelLocation.UNDEFINED && p.length() > needed + 1)
                .ifPresent(p -> remarks.add(
                        Tag.describe(Tag.PIXEL_DATA) + " has " + (p.length() - needed) + " bytes after the pixels"));
    }

    private static Slice single(DicomFile file, PixelFormat format, Collection<String> remarks) throws FormatException {
        DataSet image = file.dataSet();
        for (int tag : new int[] {Tag.ACQUISITION_NUMBER, Tag.INSTANCE_NUMBER}) {
            try {
                image.integer(tag);
            } catch (FormatException e) {
                remarks.add(e.field() + " is malformed: " + e.found());
            }
        }
        return slice(
                file,
                0,
                1,
                format,
                image,
                image,
                image,
                rescale(image, remarks),
                image.texts(Tag.IMAGE_TYPE).contains("LOCALIZER"),
                acquisition(image),
                remarks);
    }

    private static List<Slice> enhanced(DicomFile file, PixelFormat format, int frames, Collection<String> remarks)
            throws FormatException {
        DataSet image = file.dataSet();
        FunctionalGroups groups = new FunctionalGroups(image, frames);
        List<Slice> slices = new ArrayList<>();
        for (int frame = 0; frame < frames; frame++) {
            boolean localiser = groups.find(frame, Tag.CT_IMAGE_FRAME_TYPE_SEQUENCE)
                    .map(g -> g.texts(Tag.FRAME_TYPE).contains("LOCALIZER"))
                    .orElse(image.texts(Tag.IMAGE_TYPE).contains("LOCALIZER"));
            slices.add(slice(
                    file,
                    frame,
                    frames,
                    format,
                    groups.require(frame, Tag.PLANE_POSITION_SEQUENCE),
                    groups.require(frame, Tag.PLANE_ORIENTATION_SEQUENCE),
                    groups.require(frame, Tag.PIXEL_MEASURES_SEQUENCE),
                    rescale(groups.require(frame, Tag.PIXEL_VALUE_TRANSFORMATION_SEQUENCE), remarks),
                    localiser,
                    acquisition(image, frame, groups),
                    remarks));
        }
        return slices;
    }

    /**
     * One frame's slice.
     *
     * @param plane has the position
     * @param direction has the orientation
     * @param measures has the spacing
     * @param rescale slope and intercept
     * @param acquisition which it is from
     * @param remarks receives what should be known about the attributes
     */
    static Slice slice(
            DicomFile file,
            int frame,
            int frames,
            PixelFormat format,
            DataSet plane,
            DataSet direction,
            DataSet measures,
            double[] rescale,
            boolean localiser,
            Slice.Acquisition acquisition,
            Collection<String> remarks)
            throws FormatException {
        DataSet image = file.dataSet();
        double[] spacing = measures.requireDecimals(Tag.PIXEL_SPACING, 2);
        if (!(spacing[0] > 0 && spacing[1] > 0)) {
            throw measures.bad(Tag.PIXEL_SPACING, spacing[0] + " and " + spacing[1] + " mm; both must be above zero");
        }
        double between = unneeded(measures, Tag.SPACING_BETWEEN_SLICES, remarks);
        double thickness = unneeded(measures, Tag.SLICE_THICKNESS, remarks);
        remarkOnCommas(measures, remarks, Tag.PIXEL_SPACING, Tag.SPACING_BETWEEN_SLICES, Tag.SLICE_THICKNESS);
        remarkOnCommas(plane, remarks, Tag.IMAGE_POSITION_PATIENT);
        remarkOnCommas(direction, remarks, Tag.IMAGE_ORIENTATION_PATIENT);
        return new Slice(
                file.source(),
                frame,
                frames,
                file.sopClass(),
                image.require(Tag.SOP_INSTANCE_UID),
                label(file),
                plane.requireDecimals(Tag.IMAGE_POSITION_PATIENT, 3),
                directions(direction),
                spacing[0],
                spacing[1],
                between > 0 ? between : thickness,
                format,
                rescale[0],
                rescale[1],
                localiser,
                acquisition);
    }

    private static Slice.Acquisition acquisition(DataSet image) {
        String time = first(image, Tag.ACQUISITION_DATE_TIME);
        return new Slice.Acquisition(
                first(image, Tag.ACQUISITION_NUMBER),
                first(image, Tag.TEMPORAL_POSITION_IDENTIFIER),
                time.isEmpty() ? first(image, Tag.ACQUISITION_DATE) + first(image, Tag.ACQUISITION_TIME) : time,
                first(image, Tag.KVP),
                first(image, Tag.CONVOLUTION_KERNEL),
                String.join("\\", image.texts(Tag.IMAGE_TYPE)),
                instance(image));
    }

    /** What a frame of an enhanced image says of its acquisition. */
    private static Slice.Acquisition acquisition(DataSet image, int frame, FunctionalGroups groups) {
        DataSet content = groups.find(frame, Tag.FRAME_CONTENT_SEQUENCE)
                .orElse(DataSet.builder().build());
        DataSet type = groups.find(frame, Tag.CT_IMAGE_FRAME_TYPE_SEQUENCE).orElse(image);
        return new Slice.Acquisition(
                number(content, Tag.FRAME_ACQUISITION_NUMBER),
                number(content, Tag.TEMPORAL_POSITION_INDEX),
                first(content, Tag.FRAME_ACQUISITION_DATE_TIME),
                "",
                "",
                String.join("\\", type.texts(Tag.FRAME_TYPE)),
                OptionalInt.empty());
    }

    private static String first(DataSet from, int tag) {
        return from.text(tag).orElse("");
    }

    /** These numbers tell slices apart and mean nothing else: what is none is as good as absent. */
    private static String number(DataSet from, int tag) {
        try {
            OptionalInt number = from.integer(tag);
            return number.isPresent() ? String.valueOf(number.getAsInt()) : "";
        } catch (FormatException e) {
            return "";
        }
    }

    private static OptionalInt instance(DataSet image) {
        String number = number(image, Tag.INSTANCE_NUMBER);
        return number.isEmpty() ? OptionalInt.empty() : OptionalInt.of(Integer.parseInt(number));
    }

    /** A length that positions give as well, without its sign; 0 if it is absent or malformed. */
    private static double unneeded(DataSet from, int tag, Collection<String> remarks) {
        try {
            return Math.abs(from.decimals(tag, 1).orElse(new double[1])[0]);
        } catch (FormatException e) {
            remarks.add(e.field() + " is malformed and was not used: " + e.found());
            return 0;
        }
    }

    private static void remarkOnCommas(DataSet from, Collection<String> remarks, int... tags) {
        for (int tag : tags) {
            if (from.hasDecimalComma(tag)) {
                remarks.add(Tag.describe(tag) + " has a decimal comma, which was taken for a point");
            }
        }
    }

    private static double[] rescale(DataSet from, Collection<String> remarks) throws FormatException {
        double slope = from.requireDecimals(Tag.RESCALE_SLOPE, 1)[0];
        if (slope == 0) {
            throw from.bad(Tag.RESCALE_SLOPE, "0, which makes every voxel the same");
        }
        double intercept = from.requireDecimals(Tag.RESCALE_INTERCEPT, 1)[0];
        remarkOnCommas(from, remarks, Tag.RESCALE_SLOPE, Tag.RESCALE_INTERCEPT);
        from.text(Tag.RESCALE_TYPE)
                .filter(type -> !type.equals("HU"))
                .ifPresent(type -> remarks.add(Tag.describe(Tag.RESCALE_TYPE) + " is " + type
                        + ", not HU; values were read as if they were CT numbers"));
        return new double[] {slope, intercept};
    }

    /** Row and column direction, made exactly of length one; refused if that changes them noticeably. */
    private static double[] directions(DataSet from) throws FormatException {
        double[] d = from.requireDecimals(Tag.IMAGE_ORIENTATION_PATIENT, 6);
        double row = Math.sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);
        double column = Math.sqrt(d[3] * d[3] + d[4] * d[4] + d[5] * d[5]);
        double cosine = (d[0] * d[3] + d[1] * d[4] + d[2] * d[5]) / (row * column);
        if (!(Math.abs(row - 1) < 0.01 && Math.abs(column - 1) < 0.01 && Math.abs(cosine) < 0.01)) {
            throw from.bad(
                    Tag.IMAGE_ORIENTATION_PATIENT, "no pair of unit vectors at right angles: " + List.of(box(d)));
        }
        for (int i = 0; i < 3; i++) {
            d[i] /= row;
            d[3 + i] /= column;
        }
        return d;
    }

    private static Double[] box(double[] values) {
        Double[] boxed = new Double[values.length];
        for (int i = 0; i < values.length; i++) {
            boxed[i] = values[i];
        }
        return boxed;
    }
}
