// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The program itself: shows what its commands are. */
@Command(
        name = "efficientsegnet",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = "Finds liver, kidneys, spleen and pancreas in abdominal CT scans.",
        synopsisSubcommandLabel = "COMMAND",
        commandListHeading = "%nCommands:%n",
        footerHeading = "%nExamples:%n",
        footer = {
            "  efficientsegnet segment ct.nii.gz -o labels.nii.gz --preview picture.png",
            "  efficientsegnet segment scans/ -o results/ --jobs 2",
            "  efficientsegnet evaluate reference.nii.gz labels.nii.gz",
            "  efficientsegnet info",
            "",
            "The jar alone is started by  java -jar efficientsegnet.jar",
            "Each command has a --help of its own.",
            "",
            "Exit codes: 0 done; 1 a case failed or a verification departs; 2 wrong usage;",
            "3 a file cannot be read or written; 4 the model or engine cannot be used;",
            "70 a defect of the program; 130 stopped.",
            "",
            "Research software, not a medical device."
        })
final class RootCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    /** Here they stand before the command's name; each command has them as well. */
    @Mixin
    private OutputOptions console;

    /** Without a command there is nothing to do but to say which there are. */
    @Override
    public Integer call() {
        spec.commandLine().usage(spec.commandLine().getOut());
        return ExitCodes.USAGE;
    }
}
