// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.files;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Text files that people write, with whatever program they have. */
public final class TextFiles {

    private static final String BYTE_ORDER_MARK = "\uFEFF";

    private TextFiles() {}

    /**
     * The lines of a text in UTF-8, without the byte order mark that some programs put before it.
     *
     * @throws IOException if the file cannot be read or is in another encoding
     */
    public static List<String> lines(Path file) throws IOException {
        List<String> lines;
        try {
            lines = Files.readAllLines(file);
        } catch (CharacterCodingException e) {
            throw new IOException(file + ": is no text in UTF-8; save it in that encoding", e);
        }
        if (lines.isEmpty() || !lines.get(0).startsWith(BYTE_ORDER_MARK)) {
            return lines;
        }
        return Stream.concat(
                        Stream.of(lines.get(0).substring(BYTE_ORDER_MARK.length())),
                        lines.stream().skip(1))
                .toList();
    }
}
