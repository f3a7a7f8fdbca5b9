// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import org.efficientsegnet.io.format.UnsupportedFormatException;

/** Chooses among formats by the ending of a file's name. */
final class FormatChoice {

    private FormatChoice() {}

    /**
     * The first format that a name's ending stands for, in whatever case its letters are.
     *
     * @param formats in the order in which they are asked
     * @param endings those of a format, in lower case with their dot
     * @throws UnsupportedFormatException if there is none
     */
    static <F> F choose(Path path, List<F> formats, Function<F, List<String>> endings)
            throws UnsupportedFormatException {
        String name = path.getFileName().toString().toLowerCase(Locale.ROOT);
        for (F format : formats) {
            if (endings.apply(format).stream().anyMatch(name::endsWith)) {
                return format;
            }
        }
        List<String> known =
                formats.stream().flatMap(f -> endings.apply(f).stream()).toList();
        throw new UnsupportedFormatException(
                path,
                "file name",
                "an ending that stands for no format",
                "Known are: " + String.join(", ", known) + ".");
    }
}
