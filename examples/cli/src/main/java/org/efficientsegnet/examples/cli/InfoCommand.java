package org.efficientsegnet.examples.cli;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.efficientsegnet.Segmenter;
import org.efficientsegnet.pipeline.Engines;
import org.efficientsegnet.spi.NetworkEngine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code info}: what there is to run on, and what would be chosen. */
@Command(
        name = "info",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        description = {
            "Shows this machine, the engines and libraries, and what 'segment' would run with the same options, and"
                    + " why. The model is loaded for it, so that what is shown is what happens."
        },
        footerHeading = "%nExamples:%n",
        footer = {"  efficientsegnet info", "  efficientsegnet info --engine samediff --precision fp32"})
final class InfoCommand implements Callable<Integer> {

    private static final double GIB = 1L << 30;

    private final Environment environment;

    @Mixin
    private EngineOptions engine;

    @Mixin
    private OutputOptions console;

    InfoCommand(Environment environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() {
        console.configureLogging();
        program();
        machine();
        engines();
        console.result("");
        try (Segmenter segmenter = environment.segmenters().load(engine)) {
            console.result("With these options 'segment' runs");
            segmenter.describe().lines().forEach(line -> console.result("  " + line));
        }
        return ExitCodes.OK;
    }

    private void program() {
        console.result("EfficientSegNet for Java " + Version.ofProgram());
        StringBuilder libraries = new StringBuilder();
        Libraries.versions()
                .forEach((name, version) -> libraries
                        .append(libraries.isEmpty() ? "" : ", ")
                        .append(name)
                        .append(' ')
                        .append(version));
        console.result("  libraries  " + libraries);
        console.result("  java       " + Runtime.version() + " (" + System.getProperty("java.vm.name")
                + "), heap up to " + gib(Runtime.getRuntime().maxMemory()) + " (change with -Xmx)");
    }

    private void machine() {
        Processor processor = Processor.ofThisMachine();
        long memory =
                ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
        console.result("");
        console.result("Machine");
        console.result("  system     " + System.getProperty("os.name") + " " + System.getProperty("os.version") + ", "
                + System.getProperty("os.arch"));
        console.result("  processor  " + processor.name() + ", " + processor.count() + " for Java");
        console.result("  features   "
                + (processor.features().isEmpty() ? "not known here" : String.join(" ", processor.features())));
        console.result("  memory     " + gib(memory));
    }

    private void engines() {
        console.result("");
        console.result("Engines, the best first");
        List<NetworkEngine> engines = Engines.all();
        if (engines.isEmpty()) {
            console.result("  none on the class path");
        }
        for (NetworkEngine e : engines) {
            NetworkEngine.Status status = e.status();
            console.result(String.format(
                    Locale.ROOT,
                    "  %-9s  %s%s",
                    e.name(),
                    status.available() ? "" : "cannot run here: ",
                    status.detail()));
        }
    }

    private static String gib(long bytes) {
        return String.format(Locale.ROOT, "%.1f GiB", bytes / GIB);
    }
}
