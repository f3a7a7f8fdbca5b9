// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.data;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.efficientsegnet.files.AtomicOutput;
import org.efficientsegnet.nn.weights.DType;
import org.efficientsegnet.nn.weights.Safetensors;
import org.efficientsegnet.nn.weights.Tensor;
import org.efficientsegnet.volume.Orientation;
import org.efficientsegnet.volume.Shape;

/**
 * A directory that {@link Preparation} made: {@code dataset.json}, and for every case {@code cases/NAME.safetensors},
 * {@code coarse/NAME.safetensors} and {@code fine/NAME.safetensors}. Immutable and thread-safe.
 *
 * @param directory the directory
 * @param options how it was prepared
 * @param ids the cases, ordered by name
 */
public record PreparedDataset(Path directory, PreparationOptions options, List<String> ids) {

    private static final String FILE = "dataset.json";
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Which of the networks a sample is for. */
    public enum CascadeStage {
        /** The whole scan at the coarse size. */
        COARSE,
        /** The region of the organs at the fine size. */
        FINE;

        /** As in file names and logs. */
        public String label() {
            return this == COARSE ? "coarse" : "fine";
        }
    }

    /** Copies the list. */
    public PreparedDataset {
        ids = List.copyOf(ids);
    }

    /**
     * Opens a directory.
     *
     * @throws IOException if it is not one that was prepared
     */
    public static PreparedDataset open(Path directory) throws IOException {
        Path file = directory.resolve(FILE);
        if (!Files.exists(file)) {
            throw new IOException(directory + " holds no " + FILE + "; prepare the data set first");
        }
        try {
            JsonNode root = JSON.readTree(file.toFile());
            List<String> labels = new ArrayList<>();
            root.required("labels").forEach(n -> labels.add(n.asText()));
            List<String> ids = new ArrayList<>();
            root.required("cases").forEach(n -> ids.add(n.asText()));
            PreparationOptions options = new PreparationOptions(
                    labels,
                    shape(root.required("coarse_size")),
                    shape(root.required("fine_size")),
                    root.required("margin_mm").asDouble(),
                    Orientation.of(root.required("orientation").asText()),
                    root.path("unknown_label").asInt(0),
                    root.path("painted").asBoolean(false),
                    tissues(root.path("tissues")));
            return new PreparedDataset(directory, options, ids);
        } catch (IllegalArgumentException e) {
            throw new IOException(file + " is damaged (" + e.getMessage() + "); prepare the data set again", e);
        }
    }

    void write() throws IOException {
        ObjectNode root = JSON.createObjectNode();
        ArrayNode labels = root.putArray("labels");
        options.labels().forEach(labels::add);
        put(root.putArray("coarse_size"), options.coarseSize());
        put(root.putArray("fine_size"), options.fineSize());
        root.put("margin_mm", options.marginMm());
        root.put("orientation", options.orientation().toString());
        root.put("unknown_label", options.unknownLabel());
        root.put("painted", options.painted());
        ObjectNode tissues = root.putObject("tissues");
        options.tissues().forEach((label, name) -> tissues.put(Integer.toString(label), name));
        ArrayNode cases = root.putArray("cases");
        ids.forEach(cases::add);
        byte[] bytes = JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(root);
        AtomicOutput.write(directory.resolve(FILE), out -> out.write(bytes));
    }

    private static Map<Integer, String> tissues(JsonNode node) {
        Map<Integer, String> tissues = new TreeMap<>();
        node.properties()
                .forEach(entry -> tissues.put(
                        Integer.parseInt(entry.getKey()), entry.getValue().asText()));
        return tissues;
    }

    private static Shape shape(JsonNode node) {
        return new Shape(
                node.required(0).asInt(),
                node.required(1).asInt(),
                node.required(2).asInt());
    }

    private static void put(ArrayNode node, Shape shape) {
        node.add(shape.z()).add(shape.y()).add(shape.x());
    }

    /** The extent of the samples that were prepared for a network. */
    public Shape size(CascadeStage stage) {
        return stage == CascadeStage.FINE ? options.fineSize() : options.coarseSize();
    }

    /** Reads a case. */
    public PreparedCase load(String id) throws IOException {
        return PreparedCase.read(id, caseFile(directory, id));
    }

    /** Reads the sample of a case that is not varied. */
    public Sample sample(String id, CascadeStage stage) throws IOException {
        Safetensors content = Safetensors.read(sampleFile(directory, id, stage));
        int[] s = content.shape("hu");
        return new Sample(id, new Shape(s[0], s[1], s[2]), content.tensor("hu").values(), content.bytes("labels"));
    }

    static void writeSample(Path directory, CascadeStage stage, Sample sample) throws IOException {
        int[] extents = {sample.shape().z(), sample.shape().y(), sample.shape().x()};
        Safetensors.builder()
                .add("hu", DType.F32, new Tensor(extents, sample.hu()))
                .add("labels", DType.U8, extents, sample.labels())
                .build()
                .write(sampleFile(directory, sample.id(), stage));
    }

    static Path caseFile(Path directory, String id) {
        return directory.resolve("cases").resolve(id + ".safetensors");
    }

    static Path sampleFile(Path directory, String id, CascadeStage stage) {
        return directory.resolve(stage.label()).resolve(id + ".safetensors");
    }
}
