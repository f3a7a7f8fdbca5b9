// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom.dataset;

import java.util.HashMap;
import java.util.Map;

/**
 * The attributes that this library reads or writes, with the names and value representations of DICOM PS3.6. A reader
 * passes over all others.
 */
public final class Tag {

    private record Entry(Vr vr, String name) {}

    private static final Map<Integer, Entry> DICTIONARY = new HashMap<>();

    public static final int FILE_META_INFORMATION_GROUP_LENGTH =
            define(0x00020000, Vr.UL, "File Meta Information Group Length");
    public static final int FILE_META_INFORMATION_VERSION = define(0x00020001, Vr.OB, "File Meta Information Version");
    public static final int MEDIA_STORAGE_SOP_CLASS_UID = define(0x00020002, Vr.UI, "Media Storage SOP Class UID");
    public static final int MEDIA_STORAGE_SOP_INSTANCE_UID =
            define(0x00020003, Vr.UI, "Media Storage SOP Instance UID");
    public static final int TRANSFER_SYNTAX_UID = define(0x00020010, Vr.UI, "Transfer Syntax UID");
    public static final int IMPLEMENTATION_CLASS_UID = define(0x00020012, Vr.UI, "Implementation Class UID");
    public static final int IMPLEMENTATION_VERSION_NAME = define(0x00020013, Vr.SH, "Implementation Version Name");
    public static final int DIRECTORY_RECORD_SEQUENCE = define(0x00041220, Vr.SQ, "Directory Record Sequence");
    public static final int REFERENCED_FILE_ID = define(0x00041500, Vr.CS, "Referenced File ID");
    public static final int REFERENCED_SOP_CLASS_UID_IN_FILE =
            define(0x00041510, Vr.UI, "Referenced SOP Class UID in File");
    public static final int SPECIFIC_CHARACTER_SET = define(0x00080005, Vr.CS, "Specific Character Set");
    public static final int IMAGE_TYPE = define(0x00080008, Vr.CS, "Image Type");
    public static final int SOP_CLASS_UID = define(0x00080016, Vr.UI, "SOP Class UID");
    public static final int SOP_INSTANCE_UID = define(0x00080018, Vr.UI, "SOP Instance UID");
    public static final int STUDY_DATE = define(0x00080020, Vr.DA, "Study Date");
    public static final int SERIES_DATE = define(0x00080021, Vr.DA, "Series Date");
    public static final int ACQUISITION_DATE = define(0x00080022, Vr.DA, "Acquisition Date");
    public static final int CONTENT_DATE = define(0x00080023, Vr.DA, "Content Date");
    public static final int ACQUISITION_DATE_TIME = define(0x0008002a, Vr.DT, "Acquisition DateTime");
    public static final int STUDY_TIME = define(0x00080030, Vr.TM, "Study Time");
    public static final int SERIES_TIME = define(0x00080031, Vr.TM, "Series Time");
    public static final int ACQUISITION_TIME = define(0x00080032, Vr.TM, "Acquisition Time");
    public static final int CONTENT_TIME = define(0x00080033, Vr.TM, "Content Time");
    public static final int ACCESSION_NUMBER = define(0x00080050, Vr.SH, "Accession Number");
    public static final int MODALITY = define(0x00080060, Vr.CS, "Modality");
    public static final int MANUFACTURER = define(0x00080070, Vr.LO, "Manufacturer");
    public static final int REFERRING_PHYSICIAN_NAME = define(0x00080090, Vr.PN, "Referring Physician's Name");
    public static final int CODE_VALUE = define(0x00080100, Vr.SH, "Code Value");
    public static final int CODING_SCHEME_DESIGNATOR = define(0x00080102, Vr.SH, "Coding Scheme Designator");
    public static final int CODING_SCHEME_VERSION = define(0x00080103, Vr.SH, "Coding Scheme Version");
    public static final int CODE_MEANING = define(0x00080104, Vr.LO, "Code Meaning");
    public static final int TIMEZONE_OFFSET_FROM_UTC = define(0x00080201, Vr.SH, "Timezone Offset From UTC");
    public static final int STUDY_DESCRIPTION = define(0x00081030, Vr.LO, "Study Description");
    public static final int PROCEDURE_CODE_SEQUENCE = define(0x00081032, Vr.SQ, "Procedure Code Sequence");
    public static final int SERIES_DESCRIPTION = define(0x0008103e, Vr.LO, "Series Description");
    public static final int PHYSICIANS_OF_RECORD = define(0x00081048, Vr.PN, "Physician(s) of Record");
    public static final int MANUFACTURER_MODEL_NAME = define(0x00081090, Vr.LO, "Manufacturer's Model Name");
    public static final int REFERENCED_SERIES_SEQUENCE = define(0x00081115, Vr.SQ, "Referenced Series Sequence");
    public static final int REFERENCED_INSTANCE_SEQUENCE = define(0x0008114a, Vr.SQ, "Referenced Instance Sequence");
    public static final int REFERENCED_SOP_CLASS_UID = define(0x00081150, Vr.UI, "Referenced SOP Class UID");
    public static final int REFERENCED_SOP_INSTANCE_UID = define(0x00081155, Vr.UI, "Referenced SOP Instance UID");
    public static final int REFERENCED_FRAME_NUMBER = define(0x00081160, Vr.IS, "Referenced Frame Number");
    public static final int SOURCE_IMAGE_SEQUENCE = define(0x00082112, Vr.SQ, "Source Image Sequence");
    public static final int ANATOMIC_REGION_SEQUENCE = define(0x00082218, Vr.SQ, "Anatomic Region Sequence");
    public static final int FRAME_TYPE = define(0x00089007, Vr.CS, "Frame Type");
    public static final int DERIVATION_IMAGE_SEQUENCE = define(0x00089124, Vr.SQ, "Derivation Image Sequence");
    public static final int DERIVATION_CODE_SEQUENCE = define(0x00089215, Vr.SQ, "Derivation Code Sequence");
    public static final int PATIENT_NAME = define(0x00100010, Vr.PN, "Patient's Name");
    public static final int PATIENT_ID = define(0x00100020, Vr.LO, "Patient ID");
    public static final int ISSUER_OF_PATIENT_ID = define(0x00100021, Vr.LO, "Issuer of Patient ID");
    public static final int PATIENT_BIRTH_DATE = define(0x00100030, Vr.DA, "Patient's Birth Date");
    public static final int PATIENT_BIRTH_TIME = define(0x00100032, Vr.TM, "Patient's Birth Time");
    public static final int PATIENT_SEX = define(0x00100040, Vr.CS, "Patient's Sex");
    public static final int PATIENT_AGE = define(0x00101010, Vr.AS, "Patient's Age");
    public static final int PATIENT_SIZE = define(0x00101020, Vr.DS, "Patient's Size");
    public static final int PATIENT_WEIGHT = define(0x00101030, Vr.DS, "Patient's Weight");
    public static final int ETHNIC_GROUP = define(0x00102160, Vr.SH, "Ethnic Group");
    public static final int OCCUPATION = define(0x00102180, Vr.SH, "Occupation");
    public static final int ADDITIONAL_PATIENT_HISTORY = define(0x001021b0, Vr.LT, "Additional Patient History");
    public static final int PATIENT_SPECIES_DESCRIPTION = define(0x00102201, Vr.LO, "Patient Species Description");
    public static final int PATIENT_BREED_DESCRIPTION = define(0x00102292, Vr.LO, "Patient Breed Description");
    public static final int RESPONSIBLE_PERSON = define(0x00102297, Vr.PN, "Responsible Person");
    public static final int RESPONSIBLE_ORGANIZATION = define(0x00102299, Vr.LO, "Responsible Organization");
    public static final int PATIENT_COMMENTS = define(0x00104000, Vr.LT, "Patient Comments");
    public static final int CLINICAL_TRIAL_SPONSOR_NAME = define(0x00120010, Vr.LO, "Clinical Trial Sponsor Name");
    public static final int CLINICAL_TRIAL_PROTOCOL_ID = define(0x00120020, Vr.LO, "Clinical Trial Protocol ID");
    public static final int CLINICAL_TRIAL_PROTOCOL_NAME = define(0x00120021, Vr.LO, "Clinical Trial Protocol Name");
    public static final int CLINICAL_TRIAL_SITE_ID = define(0x00120030, Vr.LO, "Clinical Trial Site ID");
    public static final int CLINICAL_TRIAL_SITE_NAME = define(0x00120031, Vr.LO, "Clinical Trial Site Name");
    public static final int CLINICAL_TRIAL_SUBJECT_ID = define(0x00120040, Vr.LO, "Clinical Trial Subject ID");
    public static final int CLINICAL_TRIAL_SUBJECT_READING_ID =
            define(0x00120042, Vr.LO, "Clinical Trial Subject Reading ID");
    public static final int CLINICAL_TRIAL_TIME_POINT_ID = define(0x00120050, Vr.LO, "Clinical Trial Time Point ID");
    public static final int CLINICAL_TRIAL_TIME_POINT_DESCRIPTION =
            define(0x00120051, Vr.ST, "Clinical Trial Time Point Description");
    public static final int PATIENT_IDENTITY_REMOVED = define(0x00120062, Vr.CS, "Patient Identity Removed");
    public static final int DEIDENTIFICATION_METHOD = define(0x00120063, Vr.LO, "De-identification Method");
    public static final int DEIDENTIFICATION_METHOD_CODE_SEQUENCE =
            define(0x00120064, Vr.SQ, "De-identification Method Code Sequence");
    public static final int SLICE_THICKNESS = define(0x00180050, Vr.DS, "Slice Thickness");
    public static final int KVP = define(0x00180060, Vr.DS, "KVP");
    public static final int SPACING_BETWEEN_SLICES = define(0x00180088, Vr.DS, "Spacing Between Slices");
    public static final int DEVICE_SERIAL_NUMBER = define(0x00181000, Vr.LO, "Device Serial Number");
    public static final int SOFTWARE_VERSIONS = define(0x00181020, Vr.LO, "Software Versions");
    public static final int CONVOLUTION_KERNEL = define(0x00181210, Vr.SH, "Convolution Kernel");
    public static final int FRAME_ACQUISITION_DATE_TIME = define(0x00189074, Vr.DT, "Frame Acquisition DateTime");
    public static final int CT_IMAGE_FRAME_TYPE_SEQUENCE = define(0x00189329, Vr.SQ, "CT Image Frame Type Sequence");
    public static final int STUDY_INSTANCE_UID = define(0x0020000d, Vr.UI, "Study Instance UID");
    public static final int SERIES_INSTANCE_UID = define(0x0020000e, Vr.UI, "Series Instance UID");
    public static final int STUDY_ID = define(0x00200010, Vr.SH, "Study ID");
    public static final int SERIES_NUMBER = define(0x00200011, Vr.IS, "Series Number");
    public static final int ACQUISITION_NUMBER = define(0x00200012, Vr.IS, "Acquisition Number");
    public static final int INSTANCE_NUMBER = define(0x00200013, Vr.IS, "Instance Number");
    public static final int IMAGE_POSITION_PATIENT = define(0x00200032, Vr.DS, "Image Position (Patient)");
    public static final int IMAGE_ORIENTATION_PATIENT = define(0x00200037, Vr.DS, "Image Orientation (Patient)");
    public static final int FRAME_OF_REFERENCE_UID = define(0x00200052, Vr.UI, "Frame of Reference UID");
    public static final int TEMPORAL_POSITION_IDENTIFIER = define(0x00200100, Vr.IS, "Temporal Position Identifier");
    public static final int POSITION_REFERENCE_INDICATOR = define(0x00201040, Vr.LO, "Position Reference Indicator");
    public static final int FRAME_CONTENT_SEQUENCE = define(0x00209111, Vr.SQ, "Frame Content Sequence");
    public static final int PLANE_POSITION_SEQUENCE = define(0x00209113, Vr.SQ, "Plane Position Sequence");
    public static final int PLANE_ORIENTATION_SEQUENCE = define(0x00209116, Vr.SQ, "Plane Orientation Sequence");
    public static final int TEMPORAL_POSITION_INDEX = define(0x00209128, Vr.UL, "Temporal Position Index");
    public static final int FRAME_ACQUISITION_NUMBER = define(0x00209156, Vr.US, "Frame Acquisition Number");
    public static final int DIMENSION_INDEX_VALUES = define(0x00209157, Vr.UL, "Dimension Index Values");
    public static final int DIMENSION_ORGANIZATION_UID = define(0x00209164, Vr.UI, "Dimension Organization UID");
    public static final int DIMENSION_INDEX_POINTER = define(0x00209165, Vr.AT, "Dimension Index Pointer");
    public static final int FUNCTIONAL_GROUP_POINTER = define(0x00209167, Vr.AT, "Functional Group Pointer");
    public static final int DIMENSION_ORGANIZATION_SEQUENCE =
            define(0x00209221, Vr.SQ, "Dimension Organization Sequence");
    public static final int DIMENSION_INDEX_SEQUENCE = define(0x00209222, Vr.SQ, "Dimension Index Sequence");
    public static final int DIMENSION_ORGANIZATION_TYPE = define(0x00209311, Vr.CS, "Dimension Organization Type");
    public static final int DIMENSION_DESCRIPTION_LABEL = define(0x00209421, Vr.LO, "Dimension Description Label");
    public static final int SAMPLES_PER_PIXEL = define(0x00280002, Vr.US, "Samples per Pixel");
    public static final int PHOTOMETRIC_INTERPRETATION = define(0x00280004, Vr.CS, "Photometric Interpretation");
    public static final int NUMBER_OF_FRAMES = define(0x00280008, Vr.IS, "Number of Frames");
    public static final int ROWS = define(0x00280010, Vr.US, "Rows");
    public static final int COLUMNS = define(0x00280011, Vr.US, "Columns");
    public static final int PIXEL_SPACING = define(0x00280030, Vr.DS, "Pixel Spacing");
    public static final int BITS_ALLOCATED = define(0x00280100, Vr.US, "Bits Allocated");
    public static final int BITS_STORED = define(0x00280101, Vr.US, "Bits Stored");
    public static final int HIGH_BIT = define(0x00280102, Vr.US, "High Bit");
    public static final int PIXEL_REPRESENTATION = define(0x00280103, Vr.US, "Pixel Representation");
    public static final int PIXEL_PADDING_VALUE = define(0x00280120, Vr.US, "Pixel Padding Value");
    public static final int PIXEL_PADDING_RANGE_LIMIT = define(0x00280121, Vr.US, "Pixel Padding Range Limit");
    public static final int RESCALE_INTERCEPT = define(0x00281052, Vr.DS, "Rescale Intercept");
    public static final int RESCALE_SLOPE = define(0x00281053, Vr.DS, "Rescale Slope");
    public static final int RESCALE_TYPE = define(0x00281054, Vr.LO, "Rescale Type");
    public static final int SPATIAL_LOCATIONS_PRESERVED = define(0x0028135a, Vr.CS, "Spatial Locations Preserved");
    public static final int LOSSY_IMAGE_COMPRESSION = define(0x00282110, Vr.CS, "Lossy Image Compression");
    public static final int LOSSY_IMAGE_COMPRESSION_RATIO = define(0x00282112, Vr.DS, "Lossy Image Compression Ratio");
    public static final int LOSSY_IMAGE_COMPRESSION_METHOD =
            define(0x00282114, Vr.CS, "Lossy Image Compression Method");
    public static final int MODALITY_LUT_SEQUENCE = define(0x00283000, Vr.SQ, "Modality LUT Sequence");
    public static final int PIXEL_MEASURES_SEQUENCE = define(0x00289110, Vr.SQ, "Pixel Measures Sequence");
    public static final int PIXEL_VALUE_TRANSFORMATION_SEQUENCE =
            define(0x00289145, Vr.SQ, "Pixel Value Transformation Sequence");
    public static final int PURPOSE_OF_REFERENCE_CODE_SEQUENCE =
            define(0x0040a170, Vr.SQ, "Purpose of Reference Code Sequence");
    public static final int SEGMENTATION_TYPE = define(0x00620001, Vr.CS, "Segmentation Type");
    public static final int SEGMENT_SEQUENCE = define(0x00620002, Vr.SQ, "Segment Sequence");
    public static final int SEGMENTED_PROPERTY_CATEGORY_CODE_SEQUENCE =
            define(0x00620003, Vr.SQ, "Segmented Property Category Code Sequence");
    public static final int SEGMENT_NUMBER = define(0x00620004, Vr.US, "Segment Number");
    public static final int SEGMENT_LABEL = define(0x00620005, Vr.LO, "Segment Label");
    public static final int SEGMENT_DESCRIPTION = define(0x00620006, Vr.ST, "Segment Description");
    public static final int SEGMENT_ALGORITHM_TYPE = define(0x00620008, Vr.CS, "Segment Algorithm Type");
    public static final int SEGMENT_ALGORITHM_NAME = define(0x00620009, Vr.LO, "Segment Algorithm Name");
    public static final int SEGMENT_IDENTIFICATION_SEQUENCE =
            define(0x0062000a, Vr.SQ, "Segment Identification Sequence");
    public static final int REFERENCED_SEGMENT_NUMBER = define(0x0062000b, Vr.US, "Referenced Segment Number");
    public static final int RECOMMENDED_DISPLAY_CIE_LAB_VALUE =
            define(0x0062000d, Vr.US, "Recommended Display CIELab Value");
    public static final int SEGMENTED_PROPERTY_TYPE_CODE_SEQUENCE =
            define(0x0062000f, Vr.SQ, "Segmented Property Type Code Sequence");
    public static final int SEGMENTED_PROPERTY_TYPE_MODIFIER_CODE_SEQUENCE =
            define(0x00620011, Vr.SQ, "Segmented Property Type Modifier Code Sequence");
    public static final int STRUCTURE_SET_LABEL = define(0x30060002, Vr.SH, "Structure Set Label");
    public static final int STRUCTURE_SET_DATE = define(0x30060008, Vr.DA, "Structure Set Date");
    public static final int STRUCTURE_SET_TIME = define(0x30060009, Vr.TM, "Structure Set Time");
    public static final int REFERENCED_FRAME_OF_REFERENCE_SEQUENCE =
            define(0x30060010, Vr.SQ, "Referenced Frame of Reference Sequence");
    public static final int RT_REFERENCED_STUDY_SEQUENCE = define(0x30060012, Vr.SQ, "RT Referenced Study Sequence");
    public static final int RT_REFERENCED_SERIES_SEQUENCE = define(0x30060014, Vr.SQ, "RT Referenced Series Sequence");
    public static final int CONTOUR_IMAGE_SEQUENCE = define(0x30060016, Vr.SQ, "Contour Image Sequence");
    public static final int STRUCTURE_SET_ROI_SEQUENCE = define(0x30060020, Vr.SQ, "Structure Set ROI Sequence");
    public static final int ROI_NUMBER = define(0x30060022, Vr.IS, "ROI Number");
    public static final int REFERENCED_FRAME_OF_REFERENCE_UID =
            define(0x30060024, Vr.UI, "Referenced Frame of Reference UID");
    public static final int ROI_NAME = define(0x30060026, Vr.LO, "ROI Name");
    public static final int ROI_DISPLAY_COLOR = define(0x3006002a, Vr.IS, "ROI Display Color");
    public static final int ROI_GENERATION_ALGORITHM = define(0x30060036, Vr.CS, "ROI Generation Algorithm");
    public static final int ROI_GENERATION_DESCRIPTION = define(0x30060038, Vr.LO, "ROI Generation Description");
    public static final int ROI_CONTOUR_SEQUENCE = define(0x30060039, Vr.SQ, "ROI Contour Sequence");
    public static final int CONTOUR_SEQUENCE = define(0x30060040, Vr.SQ, "Contour Sequence");
    public static final int CONTOUR_GEOMETRIC_TYPE = define(0x30060042, Vr.CS, "Contour Geometric Type");
    public static final int NUMBER_OF_CONTOUR_POINTS = define(0x30060046, Vr.IS, "Number of Contour Points");
    public static final int CONTOUR_NUMBER = define(0x30060048, Vr.IS, "Contour Number");
    public static final int CONTOUR_DATA = define(0x30060050, Vr.DS, "Contour Data");
    public static final int RT_ROI_OBSERVATIONS_SEQUENCE = define(0x30060080, Vr.SQ, "RT ROI Observations Sequence");
    public static final int OBSERVATION_NUMBER = define(0x30060082, Vr.IS, "Observation Number");
    public static final int REFERENCED_ROI_NUMBER = define(0x30060084, Vr.IS, "Referenced ROI Number");
    public static final int RT_ROI_IDENTIFICATION_CODE_SEQUENCE =
            define(0x30060086, Vr.SQ, "RT ROI Identification Code Sequence");
    public static final int RT_ROI_INTERPRETED_TYPE = define(0x300600a4, Vr.CS, "RT ROI Interpreted Type");
    public static final int ROI_INTERPRETER = define(0x300600a6, Vr.PN, "ROI Interpreter");
    public static final int APPROVAL_STATUS = define(0x300e0002, Vr.CS, "Approval Status");
    public static final int OPERATORS_NAME = define(0x00081070, Vr.PN, "Operators' Name");
    public static final int CONTENT_LABEL = define(0x00700080, Vr.CS, "Content Label");
    public static final int CONTENT_DESCRIPTION = define(0x00700081, Vr.LO, "Content Description");
    public static final int CONTENT_CREATOR_NAME = define(0x00700084, Vr.PN, "Content Creator's Name");
    public static final int SHARED_FUNCTIONAL_GROUPS_SEQUENCE =
            define(0x52009229, Vr.SQ, "Shared Functional Groups Sequence");
    public static final int PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE =
            define(0x52009230, Vr.SQ, "Per-frame Functional Groups Sequence");
    public static final int FLOAT_PIXEL_DATA = define(0x7fe00008, Vr.OF, "Float Pixel Data");
    public static final int DOUBLE_FLOAT_PIXEL_DATA = define(0x7fe00009, Vr.OD, "Double Float Pixel Data");
    public static final int PIXEL_DATA = define(0x7fe00010, Vr.OW, "Pixel Data");

    public static final int ITEM = 0xfffee000;
    public static final int ITEM_DELIMITATION = 0xfffee00d;
    public static final int SEQUENCE_DELIMITATION = 0xfffee0dd;

    private Tag() {}

    private static int define(int tag, Vr vr, String name) {
        DICTIONARY.put(tag, new Entry(vr, name));
        return tag;
    }

    /** Whether the attribute is one of those here. */
    static boolean isKnown(int tag) {
        return DICTIONARY.containsKey(tag);
    }

    /** The value representation of a known attribute, else {@link Vr#UN}. */
    static Vr vr(int tag) {
        Entry entry = DICTIONARY.get(tag);
        return entry == null ? Vr.UN : entry.vr;
    }

    /** A tag for messages: {@code (0028,0010) Rows}. */
    public static String describe(int tag) {
        Entry entry = DICTIONARY.get(tag);
        String number = String.format("(%04x,%04x)", tag >>> 16, tag & 0xffff);
        return entry == null ? number : number + " " + entry.name;
    }
}
