// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.cases;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/** The file endings of scans and label maps, for naming results; formats are recognised by content. */
public final class ScanNames {

    /** Longer endings stand before those that they end in. */
    private static final List<String> ENDINGS =
            List.of(".nii.gz", ".nii", ".nrrd", ".nhdr", ".mha", ".mhd", ".hdr.gz", ".hdr", ".dcm");

    private static final List<String> DETACHED = List.of(".nhdr", ".mhd", ".hdr.gz", ".hdr");

    private static final List<String> DATA = List.of(".img", ".img.gz");

    private static final List<String> HEADERS = List.of(".hdr", ".hdr.gz", ".HDR", ".HDR.GZ");

    private static final String ARCHIVE = ".zip";

    private ScanNames() {}

    /** The ending of a file name if it is one of a scan, with its dot, in lower case. */
    public static Optional<String> ending(String fileName) {
        String name = fileName.toLowerCase(Locale.ROOT);
        return ENDINGS.stream()
                .filter(ending -> name.endsWith(ending) && name.length() > ending.length())
                .findFirst();
    }

    /** The file name without its ending; the whole name if it has none of a scan. */
    public static String stem(String fileName) {
        return ending(fileName)
                .map(ending -> fileName.substring(0, fileName.length() - ending.length()))
                .orElse(fileName);
    }

    /** Whether the name is that of a header whose voxels lie in another file. */
    public static boolean isDetachedHeader(String fileName) {
        return ending(fileName).filter(DETACHED::contains).isPresent();
    }

    /** Whether a file beside a detached header has its name up to the ending; the header itself has. */
    public static boolean isCompanion(String header, String sibling) {
        return sibling.startsWith(stem(header) + ".");
    }

    /**
     * Whether a file holds the voxels of a NIfTI header beside it, with which it is read.
     *
     * @param exists tells whether a file of some name lies beside it
     */
    public static boolean isDataOfHeader(String fileName, Predicate<String> exists) {
        String lower = fileName.toLowerCase(Locale.ROOT);
        for (String ending : DATA) {
            if (lower.endsWith(ending)) {
                String stem = fileName.substring(0, fileName.length() - ending.length());
                return HEADERS.stream().anyMatch(header -> exists.test(stem + header));
            }
        }
        return false;
    }

    /** Whether the name is that of an archive, which may hold DICOM files. */
    public static boolean isArchive(String fileName) {
        return fileName.toLowerCase(Locale.ROOT).endsWith(ARCHIVE);
    }

    /** Whether the file stands for all others on a medium with DICOM files, and is called so by the standard. */
    public static boolean isMedium(String fileName) {
        return fileName.equalsIgnoreCase("DICOMDIR");
    }

    /** What a case is called after a file: its name without its ending, that of an archive too. */
    public static String caseName(String fileName) {
        return isArchive(fileName) ? fileName.substring(0, fileName.length() - ARCHIVE.length()) : stem(fileName);
    }

    /**
     * Gives cases that would write to the same place names of their own.
     *
     * @param names of the cases, in their order; parts are divided by {@code /}
     * @param fileNames of their inputs
     * @return names, each once
     */
    public static List<String> distinct(List<String> names, List<String> fileNames) {
        List<String> result = new ArrayList<>(names.size());
        Set<String> taken = new HashSet<>();
        for (int i = 0; i < names.size(); i++) {
            String name = names.get(i);
            if (taken.contains(name)) {
                name = name.substring(0, name.lastIndexOf('/') + 1) + fileNames.get(i);
            }
            String base = name;
            for (int n = 2; !taken.add(name); n++) {
                name = base + "_" + n;
            }
            result.add(name);
        }
        return result;
    }
}
