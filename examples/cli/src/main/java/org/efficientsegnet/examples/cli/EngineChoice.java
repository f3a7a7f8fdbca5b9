// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.efficientsegnet.Precision;
import org.efficientsegnet.Segmenter;
import org.efficientsegnet.spi.EngineOptions;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** The options that choose the model and how it runs. */
final class EngineChoice {

    @Option(
            names = "--model",
            paramLabel = "BUNDLE",
            description = "The model bundle, a folder or a zip file. Default: the pretrained one in this program.")
    private Path model;

    @Option(
            names = "--engine",
            paramLabel = "NAME",
            description = "The engine that runs the networks; 'info' lists them. Default: the best of this machine.")
    private String engine;

    @Option(
            names = "--device",
            paramLabel = "N",
            description = "The GPU by its number, for engines that run on one. Default: the first.")
    private Device device;

    @Option(
            names = "--precision",
            paramLabel = "P",
            description = "The networks' arithmetic: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}, the fastest"
                    + " that this machine has in hardware.")
    private Precision precision = Precision.AUTO;

    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "How many threads one scan may use. Default: one a processor.")
    private Threads threads = Threads.ALL;

    /** A device's number, at least 0. */
    record Device(int number) {
        Device {
            if (number < 0) {
                throw new IllegalArgumentException("devices are counted from 0, there is no " + number);
            }
        }

        static Device parse(String text) {
            try {
                return new Device(Integer.parseInt(text.strip()));
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException("'" + text + "' is not the number of a device, 0 or more");
            }
        }
    }

    /** What the user chose, for comparing runs. */
    Map<String, String> settings() {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("engine", engine == null ? "auto" : engine);
        settings.put("precision", precision.name().toLowerCase(Locale.ROOT));
        return settings;
    }

    /** Everything but the model. */
    EngineOptions forEngine() {
        return new EngineOptions(
                precision,
                threads.count(),
                EngineOptions.Concurrency.QUEUE,
                false,
                device == null ? null : device.number());
    }

    /** The engine's name, null to choose. */
    String engine() {
        return engine;
    }

    /** The bundle, null for the pretrained one. */
    Path model() {
        return model;
    }

    /** A segmenter with these options. */
    Segmenter.Builder builder() {
        Segmenter.Builder builder = Segmenter.builder().precision(precision).threads(threads.count());
        if (model != null) {
            builder.model(model);
        }
        if (engine != null) {
            builder.engine(engine);
        }
        if (device != null) {
            builder.device(device.number());
        }
        return builder;
    }
}
