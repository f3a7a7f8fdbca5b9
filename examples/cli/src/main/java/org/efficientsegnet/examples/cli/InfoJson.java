// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Optional;
import org.efficientsegnet.Segmenter;
import org.efficientsegnet.nn.bundle.FileModelBundle;
import org.efficientsegnet.nn.network.WeightedNetwork;
import org.efficientsegnet.pipeline.Engines;
import org.efficientsegnet.spi.NetworkEngine;
import org.efficientsegnet.volume.Shape;

/** What {@code info} shows, for programs. */
final class InfoJson {

    /** Changes whenever a field changes its meaning or goes. */
    private static final String SCHEMA = "efficientsegnet-info/1";

    private final ObjectNode root = JsonNodeFactory.instance.objectNode();

    InfoJson() {
        root.put("schema", SCHEMA);
    }

    /** The program and what it stands on. */
    InfoJson withProgram() {
        root.put("version", Version.ofProgram());
        ObjectNode libraries = root.putObject("libraries");
        Libraries.versions().forEach(libraries::put);
        root.putObject("java")
                .put("version", Runtime.version().toString())
                .put("vm", System.getProperty("java.vm.name"))
                .put("heap_max_bytes", Runtime.getRuntime().maxMemory());
        return this;
    }

    /**
     * The machine and its engines, the best first.
     *
     * @param memoryBytes the machine's memory
     */
    InfoJson withMachine(Processor processor, long memoryBytes) {
        ObjectNode machine = root.putObject("machine");
        machine.put("system", System.getProperty("os.name"));
        machine.put("system_version", System.getProperty("os.version"));
        machine.put("architecture", System.getProperty("os.arch"));
        machine.put("processor", processor.name());
        machine.put("processors", processor.count());
        ArrayNode features = machine.putArray("features");
        processor.features().forEach(features::add);
        machine.put("memory_bytes", memoryBytes);
        ArrayNode engines = root.putArray("engines");
        for (NetworkEngine engine : Engines.all()) {
            NetworkEngine.Status status = engine.status();
            engines.addObject()
                    .put("name", engine.name())
                    .put("available", status.available())
                    .put("detail", status.detail());
        }
        return this;
    }

    /** A model as it lies in its bundle. */
    InfoJson withModel(FileModelBundle bundle) {
        ObjectNode model = root.putObject("model");
        model.put("name", bundle.identity().name());
        model.put("version", bundle.identity().version());
        model.put("sha256", bundle.identity().sha256());
        ArrayNode labels = model.putArray("labels");
        bundle.pipeline().labels().forEach(labels::add);
        ArrayNode networks = model.putArray("networks");
        for (WeightedNetwork network : List.of(bundle.coarse(), bundle.fine())) {
            Shape input = network.inputSize();
            ObjectNode node = networks.addObject();
            node.put("name", network.name());
            node.putObject("input").put("z", input.z()).put("y", input.y()).put("x", input.x());
            node.put("flop", InfoCommand.flops(network));
        }
        ArrayNode remarks = model.putArray("remarks");
        bundle.remarks().forEach(remarks::add);
        return this;
    }

    /**
     * What a segmentation with the same options runs.
     *
     * @param seconds about how long both networks take, empty if not known
     */
    InfoJson withChoice(Segmenter segmenter, Optional<Double> seconds) {
        ObjectNode choice = root.putObject("choice");
        choice.put("engine", segmenter.engine());
        choice.put("model_sha256", segmenter.model().sha256());
        ArrayNode description = choice.putArray("description");
        segmenter.describe().lines().forEach(description::add);
        choice.put("networks_s", seconds.orElse(null));
        return this;
    }

    @Override
    public String toString() {
        return root.toPrettyString();
    }
}
