// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.organs;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.function.Function;
import org.efficientsegnet.files.AtomicOutput;

/**
 * Tables of names and colours that viewers load beside a label map: {@code .label} for ITK-SNAP, {@code .ctbl} for 3D
 * Slicer.
 */
public final class LabelTable {

    private static final Map<String, Function<SortedMap<Integer, String>, String>> WRITERS =
            Map.of(".label", LabelTable::itkSnap, ".ctbl", LabelTable::slicer);

    private LabelTable() {}

    /** The file endings that are known. */
    public static List<String> endings() {
        return List.of(".label", ".ctbl");
    }

    /**
     * Writes a table; the file appears whole or not at all.
     *
     * @param names of the labels above 0
     * @param path ends in one of {@link #endings}
     * @throws IllegalArgumentException if it ends otherwise
     * @throws IOException if it cannot be written
     */
    public static void write(SortedMap<Integer, String> names, Path path) throws IOException {
        String file = path.getFileName().toString().toLowerCase(Locale.ROOT);
        String ending = endings().stream()
                .filter(file::endsWith)
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        path + ": a table of colours ends in " + String.join(" or ", endings())));
        byte[] text = WRITERS.get(ending).apply(names).getBytes(StandardCharsets.UTF_8);
        AtomicOutput.write(path, out -> out.write(text));
    }

    private static String itkSnap(SortedMap<Integer, String> names) {
        StringBuilder table = new StringBuilder("""
                ################################################
                # ITK-SnAP Label Description File
                # IDX -R- -G- -B- -A-- VIS MSH LABEL
                ################################################
                    0   0   0   0   0  0  0    "Clear Label"
                """);
        names.forEach((label, name) -> {
            OrganColor color = OrganTable.color(label, name);
            table.append(String.format(
                    Locale.ROOT,
                    "%5d %3d %3d %3d   1  1  1    \"%s\"%n",
                    label,
                    color.red(),
                    color.green(),
                    color.blue(),
                    oneLine(name).replace('"', '\'')));
        });
        return table.toString();
    }

    /** Blanks would divide a name. */
    private static String slicer(SortedMap<Integer, String> names) {
        StringBuilder table = new StringBuilder("# Color table file\n0 background 0 0 0 0\n");
        names.forEach((label, name) -> {
            OrganColor color = OrganTable.color(label, name);
            table.append(label + " " + oneLine(name).replace(' ', '_') + " " + color.red() + " " + color.green() + " "
                    + color.blue() + " 255\n");
        });
        return table.toString();
    }

    private static String oneLine(String name) {
        return name.replaceAll("\\p{Cntrl}", " ");
    }
}
