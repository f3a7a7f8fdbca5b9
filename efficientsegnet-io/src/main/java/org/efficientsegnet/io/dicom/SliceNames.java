// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** How the files of slices are called, from which a file that cannot be read is known to be one of them. */
final class SliceNames {

    private static final Set<String> DICOM_ENDINGS = Set.of(".dcm", ".dicom", ".dic", ".ima");
    /** Digits, and what stands for digits in hexadecimal numbers. */
    private static final Pattern NUMBER = Pattern.compile("[a-f]*[0-9][0-9a-f]*");

    private final Map<Path, Set<String>> patterns = new HashMap<>();

    SliceNames(List<Slice> slices) {
        for (Slice slice : slices) {
            Path file = slice.file();
            Set<String> here = patterns.computeIfAbsent(slice.folder(), folder -> new HashSet<>());
            String name = name(file);
            here.add(NUMBER.matcher(name).replaceAll("#"));
            here.add(ending(name));
        }
    }

    /**
     * Whether a file is called like the slices beside it, by its ending or but for its numbers, or has an ending that only
     * DICOM has. Hidden files are not.
     */
    boolean includes(Path file) {
        String name = name(file);
        if (name.startsWith(".")) {
            return false;
        }
        Set<String> here = patterns.getOrDefault(Slice.folderOf(file), Set.of());
        String ending = ending(name);
        return DICOM_ENDINGS.contains(ending)
                || !ending.isEmpty() && here.contains(ending)
                || here.contains(NUMBER.matcher(name).replaceAll("#"));
    }

    /** In lower case, without the ending that a compressed file has besides its own. */
    private static String name(Path file) {
        String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
        return name.endsWith(".gz") ? name.substring(0, name.length() - 3) : name;
    }

    /** With its dot; empty if there is none, or only a number behind the last dot, as in an identifier. */
    private static String ending(String name) {
        int dot = name.lastIndexOf('.');
        boolean number = dot < 0 || NUMBER.matcher(name.substring(dot + 1)).matches();
        return number ? "" : name.substring(dot);
    }
}
