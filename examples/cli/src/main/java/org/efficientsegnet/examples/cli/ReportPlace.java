// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.cli;

import java.nio.file.Path;
import picocli.CommandLine.ITypeConverter;

/** Where a report goes: a file, or standard output by the name {@code -}, which is no file's name elsewhere. */
final class ReportPlace implements ITypeConverter<Path> {

    private static final Path STANDARD_OUTPUT = Path.of("-");

    static boolean isStandardOutput(Path place) {
        return STANDARD_OUTPUT.equals(place);
    }

    @Override
    public Path convert(String text) {
        return text.equals("-") ? STANDARD_OUTPUT : Main.path(text);
    }
}
