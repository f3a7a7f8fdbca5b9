// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.cli;

import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.efficientsegnet.CancellationToken;
import org.efficientsegnet.SegmentationException;
import org.efficientsegnet.examples.labels.LabelsCommand;
import org.efficientsegnet.examples.train.AnalyzeCommand;
import org.efficientsegnet.examples.train.PrepareCommand;
import org.efficientsegnet.examples.train.TrainCommand;
import org.efficientsegnet.io.cases.Explanation;
import org.efficientsegnet.nn.onednn.OneDnnEngine;
import org.efficientsegnet.parallel.Background;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.ExecutionException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.RunLast;
import picocli.CommandLine.TypeConversionException;

/** The program's entry: {@code java -jar efficientsegnet.jar}. */
public final class Main {

    private Main() {}

    /** Runs a command and ends the virtual machine with its exit code, one of {@link ExitCodes}. */
    public static void main(String[] args) {
        NativeSettings.apply();
        if (isSegmenting(args)) {
            // What every run needs first loads beside the reading of the command line. A failure is told by that run.
            Background.start(() -> new OneDnnEngine().status());
        }
        CancellationToken cancellation = new CancellationToken();
        Interruption interruption = Interruption.cancels(cancellation);
        Environment environment =
                new Environment(options -> options.builder().build(), cancellation, Terminal.isInteractive());
        StandardOutput output = StandardOutput.ofProcess();
        CommandLine commandLine = commandLine(environment, args);
        commandLine.setOut(new PrintWriter(output, true, Charset.defaultCharset()));
        int code = commandLine.execute(args);
        commandLine.getOut().flush();
        if (output.failure().isPresent()) {
            commandLine
                    .getErr()
                    .println("error: standard output: " + output.failure().get());
            code = code == ExitCodes.OK ? ExitCodes.FILE : code;
        }
        interruption.close();
        System.exit(code);
    }

    /**
     * The program, ready to be executed.
     *
     * @param args what it will be executed with: where they begin with {@code segment}, it has that command alone, since
     *     to make the others takes longer than to read a scan
     */
    static CommandLine commandLine(Environment environment, String... args) {
        CommandLine commandLine = new CommandLine(new RootCommand());
        commandLine.addSubcommand(new SegmentCommand(environment));
        if (!isSegmenting(args)) {
            addOtherCommands(commandLine, environment);
        }
        commandLine.setCaseInsensitiveEnumValuesAllowed(true);
        commandLine.registerConverter(Path.class, Main::path);
        commandLine.registerConverter(Threads.class, Threads::parse);
        commandLine.registerConverter(EngineChoice.Device.class, EngineChoice.Device::parse);
        commandLine.setOut(new PrintWriter(System.out, true, Charset.defaultCharset()));
        commandLine.setErr(new PrintWriter(System.err, true, Charset.defaultCharset()));
        commandLine.setExecutionStrategy(Main::runLast);
        commandLine.setParameterExceptionHandler(Failures::usage);
        commandLine.setExecutionExceptionHandler(Failures::execution);
        return commandLine;
    }

    private static boolean isSegmenting(String... args) {
        return args.length > 0 && args[0].equals(SegmentCommand.NAME);
    }

    private static void addOtherCommands(CommandLine commandLine, Environment environment) {
        commandLine.addSubcommand(new EvaluateCommand(environment.cancellation()));
        commandLine.addSubcommand(new LabelsCommand(environment.cancellation()));
        commandLine.addSubcommand(new VerifyCommand(environment));
        commandLine.addSubcommand(new ConvertCommand());
        commandLine.addSubcommand(new InfoCommand(environment));
        commandLine.addSubcommand(new PrepareCommand(environment.terminal(), environment.cancellation()));
        commandLine.addSubcommand(new AnalyzeCommand(environment.terminal(), environment.cancellation()));
        commandLine.addSubcommand(new TrainCommand(environment.cancellation()));
        commandLine.addSubcommand(new CommandLine.HelpCommand());
        CommandLine completion = new CommandLine(new AutoComplete.GenerateCompletion());
        completion.getCommandSpec().usageMessage().hidden(true);
        commandLine.addSubcommand(completion);
        commandLine.addSubcommand(new ManualPageCommand());
    }

    static Path path(String text) {
        if (text.equals("-")) {
            throw new TypeConversionException(
                    "files are read and written by name, not through standard input or output; a file of that name is ./-");
        }
        try {
            return Path.of(text);
        } catch (InvalidPathException e) {
            throw new TypeConversionException(Explanation.of(e));
        }
    }

    /** Errors are not exceptions to picocli; the one that users can do something about becomes one. */
    private static int runLast(ParseResult parsed) {
        try {
            return new RunLast().execute(parsed);
        } catch (OutOfMemoryError e) {
            CommandLine command = parsed.commandSpec().commandLine();
            throw new ExecutionException(command, "out of memory", new SegmentationException(Explanation.of(e), e));
        }
    }
}
