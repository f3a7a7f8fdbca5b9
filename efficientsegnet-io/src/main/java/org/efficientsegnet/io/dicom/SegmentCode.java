package org.efficientsegnet.io.dicom;

import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * What a segment is, as a code of a terminology (DICOM PS3.16; organs are in CID 7199 and its neighbours).
 *
 * @param value the code
 * @param scheme the terminology, {@code "SCT"} for SNOMED CT
 * @param meaning the code in words
 */
public record SegmentCode(String value, String scheme, String meaning) {

    static final SegmentCode TISSUE = new SegmentCode("85756007", "SCT", "Tissue");
    static final SegmentCode ANATOMICAL_STRUCTURE = new SegmentCode("123037004", "SCT", "Anatomical Structure");

    private static final Map<String, SegmentCode> ORGANS = Map.ofEntries(
            organ("liver", "10200004", "Liver"),
            organ("kidney", "64033007", "Kidney"),
            organ("kidneys", "64033007", "Kidney"),
            organ("left kidney", "18639004", "Left kidney"),
            organ("right kidney", "9846003", "Right kidney"),
            organ("spleen", "78961009", "Spleen"),
            organ("pancreas", "15776009", "Pancreas"),
            organ("gallbladder", "28231008", "Gallbladder"),
            organ("stomach", "69695003", "Stomach"),
            organ("esophagus", "32849002", "Esophagus"),
            organ("duodenum", "38848004", "Duodenum"),
            organ("aorta", "15825003", "Aorta"),
            organ("inferior vena cava", "64131007", "Inferior vena cava"),
            organ("urinary bladder", "89837001", "Urinary bladder"));

    /** @throws NullPointerException if something is null */
    public SegmentCode {
        Objects.requireNonNull(value, "value");
        Objects.requireNonNull(scheme, "scheme");
        Objects.requireNonNull(meaning, "meaning");
    }

    /** The code of an organ by its English name in any case; spaces may be underscores. */
    public static Optional<SegmentCode> ofOrgan(String name) {
        return Optional.ofNullable(ORGANS.get(name.toLowerCase(Locale.ROOT).replace('_', ' ')));
    }

    private static Map.Entry<String, SegmentCode> organ(String name, String value, String meaning) {
        return Map.entry(name, new SegmentCode(value, "SCT", meaning));
    }
}
