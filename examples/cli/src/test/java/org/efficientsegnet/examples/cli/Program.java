// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Locale;
import org.efficientsegnet.CancellationToken;
import org.efficientsegnet.Segmenter;
import org.efficientsegnet.examples.toy.ToyBundle;
import picocli.CommandLine;

/**
 * The program with a toy model, run within the test or, by {@link #main}, in a virtual machine of its own.
 *
 * @param code its exit code
 * @param out what it printed
 * @param err what it complained of
 */
record Program(int code, String out, String err) {

    /** Runs a command line. */
    static Program run(String... arguments) {
        return run(new CancellationToken(), arguments);
    }

    static Program run(CancellationToken cancellation, String... arguments) {
        return run(Program::toy, cancellation, arguments);
    }

    /** Runs a command line with the pretrained model, as users do. */
    static Program runPretrained(String... arguments) {
        return run(options -> options.builder().build(), new CancellationToken(), arguments);
    }

    private static Program run(SegmenterFactory segmenters, CancellationToken cancellation, String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        CommandLine commandLine = Main.commandLine(new Environment(segmenters, cancellation, false), arguments);
        commandLine.setOut(new PrintWriter(out));
        commandLine.setErr(new PrintWriter(err));
        int code = commandLine.execute(arguments);
        return new Program(code, out.toString(), err.toString());
    }

    /** As {@link Main#main}, with the toy. */
    public static void main(String[] arguments) {
        CancellationToken cancellation = new CancellationToken();
        Interruption interruption = Interruption.cancels(cancellation);
        int code = Main.commandLine(new Environment(Program::toy, cancellation, false), arguments)
                .execute(arguments);
        interruption.close();
        System.exit(code);
    }

    private static Segmenter toy(EngineChoice options) {
        Segmenter.Builder builder = options.builder();
        if (options.model() == null) {
            builder.model(new ToyBundle());
        }
        return builder.build();
    }

    /** Everything printed, for messages of assertions. */
    @Override
    public String toString() {
        return String.format(Locale.ROOT, "exit code %d%nout:%n%s%nerr:%n%s", code, out, err);
    }
}
