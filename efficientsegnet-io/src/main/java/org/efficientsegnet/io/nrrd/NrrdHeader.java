// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.nrrd;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.efficientsegnet.io.format.FormatException;
import org.efficientsegnet.io.format.UnsupportedFormatException;
import org.efficientsegnet.io.text.HeaderFields;
import org.efficientsegnet.io.text.HeaderLines;

/**
 * A header's lines.
 *
 * @param fields what the format defines, by name in lower case
 * @param pairs what the writer added, {@code key:=value}
 */
record NrrdHeader(HeaderFields fields, Map<String, String> pairs) {

    /** Reads up to the empty line behind the header, or to the end of a detached one. */
    static NrrdHeader read(Path file, HeaderLines lines) throws IOException {
        String magic = lines.next();
        if (magic == null || !magic.matches("NRRD000[1-5]")) {
            throw new UnsupportedFormatException(
                    file,
                    "magic",
                    "not NRRD0001 to NRRD0005",
                    "Write the file with a version that is known, 5 at most.");
        }
        HeaderFields fields = new HeaderFields(file);
        Map<String, String> pairs = new HashMap<>();
        for (String line; (line = lines.next()) != null && !line.isEmpty(); ) {
            if (line.startsWith("#")) {
                continue;
            }
            int pair = line.indexOf(":=");
            int field = line.endsWith(":") ? line.length() - 1 : line.indexOf(": ");
            if (field >= 0 && (pair < 0 || field < pair)) {
                String name = line.substring(0, field).trim().toLowerCase(Locale.ROOT);
                String value = line.substring(field + 1).trim();
                fields.put(canonical(name), value);
                if (canonical(name).equals("data file") && value.startsWith("LIST")) {
                    // The lines that follow are names of files, which it refuses.
                    fields.dataFile("data file");
                }
            } else if (pair > 0) {
                pairs.put(
                        line.substring(0, pair).trim(), line.substring(pair + 2).trim());
            } else {
                throw new FormatException(
                        file,
                        "header",
                        "a line that is neither \"field: value\" nor \"key:=value\"",
                        "The header is damaged; get the file again.");
            }
        }
        return new NrrdHeader(fields, pairs);
    }

    private static String canonical(String name) {
        return switch (name) {
            case "datafile" -> "data file";
            case "byteskip" -> "byte skip";
            case "lineskip" -> "line skip";
            default -> name;
        };
    }
}
