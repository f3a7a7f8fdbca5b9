// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.efficientsegnet.CancellationToken;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** Every option of a command stands on the page of the command line. */
class DocumentedOptionsTest {

    private static final Set<String> OF_EVERY_COMMAND =
            Set.of("--help", "--version", "--quiet", "--verbose", "--output");

    @ParameterizedTest
    @ValueSource(strings = {"segment", "evaluate", "labels", "verify", "convert", "info"})
    void everyOptionIsOnThePage(String command) throws IOException {
        CommandLine program =
                Main.commandLine(new Environment(options -> options.builder().build(), new CancellationToken(), false));
        Stream<String> options = program.getSubcommands().get(command).getCommandSpec().options().stream()
                .map(option -> option.longestName());
        String page = Files.readString(Path.of("..", "..", "docs", "command-line.md"));
        List<String> missing = options.filter(option -> !OF_EVERY_COMMAND.contains(option))
                .filter(option -> !page.contains(option))
                .collect(Collectors.toList());
        assertEquals(List.of(), missing);
    }
}
