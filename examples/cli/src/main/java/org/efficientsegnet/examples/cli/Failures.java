// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.util.List;
import org.efficientsegnet.SegmentationCancelledException;
import org.efficientsegnet.SegmentationException;
import org.efficientsegnet.io.cases.Explanation;
import picocli.CommandLine;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Turns what was thrown into one line for the user and an exit code. */
final class Failures {

    private Failures() {}

    /** The command line is wrong. */
    static int usage(ParameterException thrown, String[] args) {
        ParameterException failure = cause(thrown);
        CommandLine command = failure.getCommandLine();
        PrintWriter err = command.getErr();
        err.println("error: " + failure.getMessage());
        UnmatchedArgumentException.printSuggestions(failure, err);
        err.println("Try: " + command.getCommandSpec().qualifiedName() + " --help");
        err.flush();
        return ExitCodes.USAGE;
    }

    /** Where an option is misspelt that is needed, that it is missing is said first; what helps is that it is unknown. */
    private static ParameterException cause(ParameterException thrown) {
        List<String> unknown = thrown instanceof MissingParameterException
                ? thrown.getCommandLine().getUnmatchedArguments()
                : List.of();
        return unknown.isEmpty() ? thrown : new UnmatchedArgumentException(thrown.getCommandLine(), unknown);
    }

    /** A command failed. */
    static int execution(Exception failure, CommandLine command, ParseResult parsed) {
        PrintWriter err = command.getErr();
        boolean verbose = command.getParseResult().hasMatchedOption("--verbose")
                || Boolean.TRUE.equals(
                        command.getCommandSpec().root().findOption("--verbose").getValue());
        if (failure instanceof SegmentationCancelledException) {
            err.println("stopped; nothing was written");
        } else {
            String where = Explanation.isForeseen(failure) || verbose ? "" : " (--verbose shows where)";
            err.println("error: " + Explanation.inFull(failure) + where);
        }
        if (verbose) {
            failure.printStackTrace(err);
        }
        err.flush();
        return code(failure);
    }

    private static int code(Exception failure) {
        if (failure instanceof SegmentationCancelledException) {
            return ExitCodes.STOPPED;
        }
        if (failure instanceof IOException || failure instanceof UncheckedIOException) {
            return ExitCodes.FILE;
        }
        if (failure instanceof SegmentationException) {
            return ExitCodes.SEGMENTATION;
        }
        return Explanation.isForeseen(failure) ? ExitCodes.FILE : ExitCodes.DEFECT;
    }
}
