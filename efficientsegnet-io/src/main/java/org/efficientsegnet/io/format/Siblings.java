// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.format;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/**
 * Files that a header names beside itself. A name that leads out of the header's folder, by {@code ..}, an absolute path
 * or a symbolic link, is refused: a header from a stranger must not choose what is read from this machine.
 */
public final class Siblings {

    private static final String REMEDY = "Put the data into the header's folder and name it relative to that.";

    private Siblings() {}

    /**
     * The file that a header means.
     *
     * @param header the file that names it
     * @param name as the header has it, relative to the header's folder
     * @param field which names it, for messages
     * @throws FormatException if it leads outside or is not there
     */
    public static Path resolve(Path header, String name, String field) throws IOException {
        Path folder = header.toAbsolutePath().normalize().getParent();
        Path file;
        try {
            file = folder.resolve(name).normalize();
        } catch (InvalidPathException e) {
            throw new FormatException(header, field, "\"" + name + "\" is not a file name", REMEDY, e);
        }
        if (!file.startsWith(folder) || file.equals(folder)) {
            throw new FormatException(header, field, "\"" + name + "\" lies outside the header's folder", REMEDY);
        }
        if (!Files.isRegularFile(file)) {
            throw new FormatException(header, field, "names \"" + name + "\", which is not there", REMEDY);
        }
        if (!file.toRealPath().startsWith(folder.toRealPath())) {
            throw new FormatException(header, field, "\"" + name + "\" is a link out of the header's folder", REMEDY);
        }
        return file;
    }
}
