// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.cli;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.efficientsegnet.Segmenter;
import org.efficientsegnet.nn.bundle.FileModelBundle;
import org.efficientsegnet.nn.bundle.ModelBundles;
import org.efficientsegnet.nn.network.NetworkCounts;
import org.efficientsegnet.nn.network.WeightedNetwork;
import org.efficientsegnet.pipeline.Engines;
import org.efficientsegnet.spi.NetworkEngine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code info}: what there is to run on, and what would be chosen. */
@Command(
        name = "info",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        description = {
            "Shows this machine, the engines and libraries, and what 'segment' would run with the same options, and"
                    + " why. The model is loaded for it, so that what is shown is what happens.",
            "",
            "Of a model it shows the first lines of its card, its labels, sizes and checksum, its working memory, and"
                    + " about how long its networks take here, which a small network's speed tells; the model itself"
                    + " is not run."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  efficientsegnet info",
            "  efficientsegnet info --model my-bundle.zip",
            "  efficientsegnet info --json",
            "  efficientsegnet info --engine samediff --precision fp32"
        })
final class InfoCommand implements Callable<Integer> {

    private static final double GIB = 1L << 30;
    private static final int MOST_CARD_LINES = 12;

    private final Environment environment;

    @Mixin
    private EngineChoice engine;

    @Option(names = "--json", description = "Print JSON instead of text.")
    private boolean json;

    @Mixin
    private OutputOptions console;

    InfoCommand(Environment environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() throws IOException {
        console.configureLogging();
        if (json) {
            printJson();
        } else {
            printText();
        }
        return ExitCodes.OK;
    }

    private void printJson() throws IOException {
        FileModelBundle bundle = bundle();
        try (Segmenter segmenter = environment.segmenters().load(engine)) {
            Optional<Double> seconds = speed(segmenter).map(speed -> flops(bundle) / speed);
            console.result(new InfoJson()
                    .withProgram()
                    .withMachine(Processor.ofThisMachine(), memoryBytes())
                    .withModel(bundle)
                    .withChoice(segmenter, seconds)
                    .toString());
        }
    }

    private void printText() throws IOException {
        program();
        machine();
        engines();
        FileModelBundle bundle = bundle();
        console.result("");
        model(bundle);
        console.result("");
        try (Segmenter segmenter = environment.segmenters().load(engine)) {
            console.result("With these options 'segment' runs");
            segmenter.describe().lines().forEach(line -> console.result("  " + line));
            console.result("  time    " + time(segmenter, bundle));
        }
    }

    private FileModelBundle bundle() throws IOException {
        return engine.model() == null ? new ModelBundles().pretrained() : new ModelBundles().read(engine.model());
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
        console.result("");
        console.result("Machine");
        console.result("  system     " + System.getProperty("os.name") + " " + System.getProperty("os.version") + ", "
                + System.getProperty("os.arch"));
        console.result("  processor  " + processor.name() + ", " + processor.count() + " for Java");
        console.result("  features   "
                + (processor.features().isEmpty() ? "not known here" : String.join(" ", processor.features())));
        console.result("  memory     " + gib(memoryBytes()));
    }

    private static long memoryBytes() {
        return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
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

    private void model(FileModelBundle bundle) {
        console.result(engine.model() == null ? "The model of this program" : "Model " + engine.model());
        bundle.extra(ModelBundles.CARD)
                .ifPresentOrElse(
                        card -> firstLines(new String(card, StandardCharsets.UTF_8))
                                .forEach(line -> console.result("  " + line)),
                        () -> console.result("  it has no card (" + ModelBundles.CARD + ")"));
        console.result("  name       " + bundle.identity().name() + " "
                + bundle.identity().version());
        console.result("  sha256     " + bundle.identity().sha256());
        console.result("  labels     " + String.join(", ", bundle.pipeline().labels()));
        for (WeightedNetwork network : List.of(bundle.coarse(), bundle.fine())) {
            console.result(String.format(
                    Locale.ROOT,
                    "  network    %s, input %s, %.0f GFLOP",
                    network.name(),
                    network.inputSize(),
                    flops(network) / 1e9));
        }
        bundle.remarks().forEach(remark -> console.result("  remark     " + remark));
    }

    /** The lines of a card before its first heading of a section or its first table. */
    static List<String> firstLines(String card) {
        return card.lines()
                .takeWhile(line -> !line.startsWith("## ") && !line.startsWith("|"))
                .filter(line -> !line.isBlank())
                .limit(MOST_CARD_LINES)
                .toList();
    }

    /** Of one pass. */
    static double flops(WeightedNetwork network) {
        return NetworkCounts.of(network.spec(), network.inputSize()).flops();
    }

    private static double flops(FileModelBundle bundle) {
        return flops(bundle.coarse()) + flops(bundle.fine());
    }

    private Optional<Double> speed(Segmenter segmenter) {
        return SpeedProbe.flopsPerSecond(segmenter.engine(), engine.forEngine());
    }

    private String time(Segmenter segmenter, FileModelBundle bundle) {
        return speed(segmenter)
                .map(speed -> String.format(
                        Locale.ROOT,
                        "about %.1f s for both networks, at the %.0f GFLOP/s of a small network",
                        flops(bundle) / speed,
                        speed / 1e9))
                .orElse("not known: " + segmenter.engine() + " cannot run the small network that would tell");
    }

    private static String gib(long bytes) {
        return String.format(Locale.ROOT, "%.1f GiB", bytes / GIB);
    }
}
