// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.organs;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The organs that outputs know by name. Colours are told apart on grey, by people with red-green blindness too.
 * Thread-safe.
 */
public final class OrganTable {

    /**
     * An organ.
     *
     * @param name in English, lower case
     * @param color that it has in every output
     * @param snomed its code in SNOMED CT (DICOM PS3.16 CID 7199 and its neighbours)
     * @param meaning the code in words
     */
    public record Organ(String name, OrganColor color, String snomed, String meaning) {}

    private static final List<Organ> ORGANS = List.of(
            organ("liver", 0xff7a59, "10200004", "Liver"),
            organ("kidney", 0x2ec4d6, "64033007", "Kidney"),
            organ("right kidney", 0x2ec4d6, "9846003", "Right kidney"),
            organ("left kidney", 0x5aa2ff, "18639004", "Left kidney"),
            organ("spleen", 0xa78bfa, "78961009", "Spleen"),
            organ("pancreas", 0xffd23f, "15776009", "Pancreas"),
            organ("gallbladder", 0x6ad48a, "28231008", "Gallbladder"),
            organ("stomach", 0xff8fc7, "69695003", "Stomach"),
            organ("esophagus", 0xd9a066, "32849002", "Esophagus"),
            organ("duodenum", 0xc6e04f, "38848004", "Duodenum"),
            organ("aorta", 0xe26d8f, "15825003", "Aorta"),
            organ("inferior vena cava", 0xb8c0ff, "64131007", "Inferior vena cava"),
            organ("urinary bladder", 0x9be7d8, "89837001", "Urinary bladder"));

    /** Of labels whose names are not known, in order of their numbers. */
    private static final List<OrganColor> OTHERS = List.of(
            OrganColor.of(0xff7a59),
            OrganColor.of(0x2ec4d6),
            OrganColor.of(0xa78bfa),
            OrganColor.of(0xffd23f),
            OrganColor.of(0x6ad48a),
            OrganColor.of(0xff8fc7),
            OrganColor.of(0x5aa2ff),
            OrganColor.of(0xc6e04f),
            OrganColor.of(0xd9a066),
            OrganColor.of(0x9be7d8),
            OrganColor.of(0xe26d8f),
            OrganColor.of(0xb8c0ff));

    private OrganTable() {}

    /** An organ by its name in any case; underscores and a plural of the kidney do not matter. */
    public static Optional<Organ> find(String name) {
        String plain = name.toLowerCase(Locale.ROOT).replace('_', ' ').strip();
        String wanted = plain.equals("kidneys") ? "kidney" : plain;
        return ORGANS.stream().filter(organ -> organ.name().equals(wanted)).findFirst();
    }

    /**
     * The colour of a label: the organ's if the name is known, else one of a palette.
     *
     * @param label above 0
     * @param name may be empty
     */
    public static OrganColor color(int label, String name) {
        return find(name).map(Organ::color).orElseGet(() -> OTHERS.get(Math.floorMod(label - 1, OTHERS.size())));
    }

    private static Organ organ(String name, int rgb, String snomed, String meaning) {
        return new Organ(name, OrganColor.of(rgb), snomed, meaning);
    }
}
