// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom.dataset;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** Specific Character Set (PS3.3 C.12.1.1.2) to Java's, for text that is shown; text that is copied stays bytes. */
public final class CharacterSets {

    private static final Map<String, String> NAMES = Map.ofEntries(
            Map.entry("ISO_IR 192", "UTF-8"),
            Map.entry("GB18030", "GB18030"),
            Map.entry("GBK", "GBK"),
            Map.entry("ISO_IR 101", "ISO-8859-2"),
            Map.entry("ISO_IR 109", "ISO-8859-3"),
            Map.entry("ISO_IR 110", "ISO-8859-4"),
            Map.entry("ISO_IR 144", "ISO-8859-5"),
            Map.entry("ISO_IR 127", "ISO-8859-6"),
            Map.entry("ISO_IR 126", "ISO-8859-7"),
            Map.entry("ISO_IR 138", "ISO-8859-8"),
            Map.entry("ISO_IR 148", "ISO-8859-9"),
            Map.entry("ISO_IR 166", "TIS-620"),
            Map.entry("ISO_IR 13", "Shift_JIS"),
            Map.entry("ISO 2022 IR 87", "ISO-2022-JP"),
            Map.entry("ISO 2022 IR 149", "EUC-KR"));

    private CharacterSets() {}

    /** The character set of a data set's text; Latin 1 if Java lacks it. */
    public static Charset of(DataSet dataSet) {
        Charset charset = StandardCharsets.ISO_8859_1;
        for (String name : dataSet.texts(Tag.SPECIFIC_CHARACTER_SET)) {
            String java = NAMES.get(name);
            if (java != null && Charset.isSupported(java)) {
                charset = Charset.forName(java);
            }
        }
        return charset;
    }
}
