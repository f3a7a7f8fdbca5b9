// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/**
 * The manual page in the language of man(7), made of what the commands say about themselves, so that page and {@code
 * --help} cannot differ. One page for the program with a section for every command that is listed.
 */
final class ManualPage {

    private final CommandLine program;
    private final StringBuilder page = new StringBuilder();

    private ManualPage(CommandLine program) {
        this.program = program;
    }

    /**
     * The page of a program.
     *
     * @param version the program's version, for the page's foot
     */
    static String of(CommandLine program, String version) {
        return new ManualPage(program).write(version);
    }

    private String write(String version) {
        CommandSpec spec = program.getCommandSpec();
        String name = spec.name();
        List<String> description = lines(spec.usageMessage().description());
        page.append(".TH \"")
                .append(escape(name.toUpperCase(Locale.ROOT)))
                .append("\" \"1\" \"\" \"")
                .append(escape(name + " " + version))
                .append("\" \"User Commands\"\n")
                // Names of options are neither stretched nor hyphenated.
                .append(".ad l\n.nh\n");
        section("NAME");
        text(name + " - " + description.get(0));
        section("SYNOPSIS");
        text(synopsis(program));
        section("OPTIONS");
        arguments(spec);
        section("COMMANDS");
        for (CommandLine command : program.getSubcommands().values()) {
            if (!command.getCommandSpec().usageMessage().hidden()) {
                command(command);
            }
        }
        section("EXAMPLES, EXIT STATUS");
        literally(lines(spec.usageMessage().footer()));
        section("ENVIRONMENT");
        term(
                "EFFICIENTSEGNET_OPTS",
                List.of(
                        "Options of the Java virtual machine for the installed launcher: -Xmx8g for very large scans."));
        return page.toString();
    }

    private void command(CommandLine command) {
        CommandSpec spec = command.getCommandSpec();
        page.append(".SS ").append(escape(spec.name())).append('\n');
        text(synopsis(command));
        for (String paragraph : lines(spec.usageMessage().description())) {
            if (!paragraph.isBlank()) {
                page.append(".PP\n");
                text(paragraph);
            }
        }
        arguments(spec);
        List<String> examples = lines(spec.usageMessage().footer());
        if (!examples.isEmpty()) {
            page.append(".PP\nExamples:\n");
            literally(examples);
        }
    }

    private void arguments(CommandSpec spec) {
        Help.IParamLabelRenderer label =
                program.getHelpFactory().create(spec, program.getColorScheme()).parameterLabelRenderer();
        for (PositionalParamSpec positional : spec.positionalParameters()) {
            if (!positional.hidden()) {
                term(parameter(label, positional), lines(positional.description()));
            }
        }
        for (OptionSpec option : spec.options()) {
            if (!option.hidden()) {
                term(String.join(", ", option.names()) + parameter(label, option), lines(option.description()));
            }
        }
    }

    private static String parameter(Help.IParamLabelRenderer renderer, ArgSpec argument) {
        return renderer.renderParameterLabel(argument, Help.Ansi.OFF, List.of()).toString();
    }

    private static String synopsis(CommandLine command) {
        return command.getHelp().synopsis(0).strip().replaceAll("\\s+", " ");
    }

    /** The lines of a template of picocli's, in which % begins a format. */
    private static List<String> lines(String[] templates) {
        List<String> lines = new ArrayList<>();
        for (String template : templates) {
            lines.addAll(
                    Arrays.asList(Help.Ansi.OFF.string(String.format(template)).split("\\R", -1)));
        }
        return lines;
    }

    private void section(String title) {
        page.append(".SH ").append(escape(title)).append('\n');
    }

    private void term(String term, List<String> explanation) {
        page.append(".TP\n.B ").append(escape(term)).append('\n');
        text(String.join(" ", explanation));
    }

    private void text(String text) {
        if (!text.isBlank()) {
            page.append(line(text)).append('\n');
        }
    }

    private void literally(List<String> lines) {
        page.append(".nf\n");
        lines.forEach(line -> page.append(line(line)).append('\n'));
        page.append(".fi\n");
    }

    /** A line that begins like a request of the language would be taken for one. */
    private static String line(String text) {
        String escaped = escape(text);
        return escaped.startsWith(".") ? "\\&" + escaped : escaped;
    }

    private static String escape(String text) {
        return text.replace("\\", "\\e")
                .replace("-", "\\-")
                .replace("\"", "\\(dq")
                .replace("'", "\\(aq");
    }
}
