// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code generate-man-page}: prints the manual page, for those who install the program. */
@Command(
        name = "generate-man-page",
        hidden = true,
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = "Prints the manual page of this program.")
final class ManualPageCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        spec.commandLine().getOut().print(ManualPage.of(spec.root().commandLine(), Version.ofProgram()));
        spec.commandLine().getOut().flush();
        return ExitCodes.OK;
    }
}
