// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.Logger;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How much a command says. */
public final class OutputOptions {

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    @Option(
            names = {"-q", "--quiet"},
            description = "Say nothing but errors.")
    private boolean quiet;

    @Option(
            names = {"-v", "--verbose"},
            description = "Log what is done and why; show stack traces of errors.")
    private boolean verbose;

    private boolean outputForResults;

    /** Whether only errors are wanted. */
    public boolean isQuiet() {
        return quiet || isSetBeforeTheCommand("--quiet");
    }

    boolean isVerbose() {
        return verbose || isSetBeforeTheCommand("--verbose");
    }

    private boolean isSetBeforeTheCommand(String option) {
        OptionSpec found = spec.root().findOption(option);
        return found != null && Boolean.TRUE.equals(found.getValue());
    }

    /** Prints what the user asked for. */
    public void result(String text) {
        print(spec.commandLine().getOut(), text);
    }

    /** From now on what is said goes where errors go, so that a program can read the result. */
    void keepOutputForResults() {
        outputForResults = true;
    }

    /** Prints a line about what was done, unless the user wants quiet. */
    public void say(String line) {
        if (outputForResults) {
            note(line);
        } else if (!isQuiet()) {
            print(spec.commandLine().getOut(), line);
        }
    }

    /** Prints a line that should not be mistaken for a result, unless the user wants quiet. */
    public void note(String line) {
        if (!isQuiet()) {
            error(line);
        }
    }

    /** Prints a line about what went wrong. */
    public void error(String line) {
        print(spec.commandLine().getErr(), line);
    }

    /** What a command throws if an option does not make sense, which only it can tell. */
    public ParameterException wrong(String message) {
        return new ParameterException(spec.commandLine(), message);
    }

    private static void print(PrintWriter writer, String text) {
        writer.println(text);
        writer.flush();
    }

    /** Sets what is logged; to be called before anything that may log. */
    public void configureLogging() {
        Level level = isQuiet() ? Level.SEVERE : isVerbose() ? Level.FINE : Level.WARNING;
        System.setProperty("java.util.logging.SimpleFormatter.format", "%4$s: %5$s%6$s%n");
        Logger root = LogManager.getLogManager().getLogger("");
        root.setLevel(isVerbose() ? Level.INFO : level);
        for (var handler : root.getHandlers()) {
            handler.setLevel(level);
        }
        LIBRARY.setLevel(level);
    }

    /** Held here because the log manager keeps loggers, and with them their levels, only weakly. */
    private static final Logger LIBRARY = Logger.getLogger("org.efficientsegnet");

    /** That no file is named for two outputs, of which one would overwrite the other. */
    void requireApart(Stream<Path> files) {
        Artefacts.doubled(files).ifPresent(file -> {
            throw wrong(file + " is named for two outputs; one would overwrite the other");
        });
    }
}
