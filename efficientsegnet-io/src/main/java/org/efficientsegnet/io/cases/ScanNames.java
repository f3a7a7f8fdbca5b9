// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.cases;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The file endings of scans and label maps, for naming results; formats are recognised by content. */
public final class ScanNames {

    /** Longer endings stand before those that they end in. */
    private static final List<String> ENDINGS =
            List.of(".nii.gz", ".nii", ".nrrd", ".nhdr", ".mha", ".mhd", ".hdr.gz", ".hdr", ".dcm");

    private static final List<String> DETACHED = List.of(".nhdr", ".mhd", ".hdr.gz", ".hdr");

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
    static boolean isDetachedHeader(String fileName) {
        return ending(fileName).filter(DETACHED::contains).isPresent();
    }
}
