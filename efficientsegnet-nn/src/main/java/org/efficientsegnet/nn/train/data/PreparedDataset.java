// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.TreeMap;
import java.util.function.Function;
import org.efficientsegnet.files.AtomicOutput;
import org.efficientsegnet.nn.weights.DType;
import org.efficientsegnet.nn.weights.MalformedFileException;
import org.efficientsegnet.nn.weights.Safetensors;
import org.efficientsegnet.nn.weights.Tensor;
import org.efficientsegnet.volume.Orientation;
import org.efficientsegnet.volume.Shape;

/**
 * A directory that {@link Preparation} made: {@code dataset.json}, and for every case {@code cases/NAME.safetensors},
 * {@code coarse/NAME.safetensors} and {@code fine/NAME.safetensors}. Immutable and thread-safe.
 *
 * @param files of the directory
 * @param options how it was prepared
 * @param ids the cases, ordered by name
 */
public record PreparedDataset(CaseFiles files, PreparationOptions options, List<String> ids) {

    private static final String FILE = "dataset.json";
    private static final String AGAIN = "; delete it and prepare the data set again";
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
     * Opens a directory of this machine.
     *
     * @throws IOException if it is not one that was prepared
     */
    public static PreparedDataset open(Path directory) throws IOException {
        if (!Files.exists(directory.resolve(FILE))) {
            throw new IOException(directory + " holds no " + FILE + "; prepare the data set first");
        }
        return open(CaseFiles.in(directory));
    }

    /**
     * Opens a directory wherever it is.
     *
     * @throws IOException if it is not one that was prepared
     */
    public static PreparedDataset open(CaseFiles files) throws IOException {
        byte[] description = Files.readAllBytes(files.file(FILE));
        try {
            JsonNode root = JSON.readTree(description);
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
            return new PreparedDataset(files, options, ids);
        } catch (IllegalArgumentException | JsonProcessingException e) {
            throw new IOException(
                    files.place() + ": " + FILE + " is damaged (" + e.getMessage() + "); prepare the data set again",
                    e);
        }
    }

    /** @param directory which the files are in */
    void write(Path directory) throws IOException {
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

    /**
     * Reads a case.
     *
     * @throws IOException if it cannot be read or is damaged; the message names its file
     */
    public PreparedCase load(String id) throws IOException {
        return read(caseFile(id), content -> PreparedCase.of(id, content));
    }

    /**
     * Reads the sample of a case that is not varied.
     *
     * @throws IOException if it cannot be read or is damaged; the message names its file
     */
    public Sample sample(String id, CascadeStage stage) throws IOException {
        return read(sampleFile(id, stage), content -> {
            Shape shape = shape(content);
            return new Sample(id, shape, content.tensor("hu").values(), content.bytes("labels"));
        });
    }

    private <T> T read(String name, Function<Safetensors, T> use) throws IOException {
        Path file = files.file(name);
        String known = files.place() + "/" + name;
        try (InputStream in = Files.newInputStream(file)) {
            return use.apply(Safetensors.read(known, in, Files.size(file)));
        } catch (MalformedFileException e) {
            throw new IOException(e.getMessage() + AGAIN, e);
        } catch (IllegalArgumentException | NoSuchElementException e) {
            throw new IOException(known + " is damaged (" + e.getMessage() + ")" + AGAIN, e);
        }
    }

    /**
     * The extent of a file's values and labels.
     *
     * @throws IllegalArgumentException if they do not have the same one, of three axes
     */
    static Shape shape(Safetensors content) {
        int[] extents = content.shape("hu");
        if (extents.length != 3 || !Arrays.equals(extents, content.shape("labels"))) {
            throw new IllegalArgumentException("hu has the extents " + Arrays.toString(extents) + ", labels has "
                    + Arrays.toString(content.shape("labels")));
        }
        return new Shape(extents[0], extents[1], extents[2]);
    }

    static void writeSample(Path directory, CascadeStage stage, Sample sample) throws IOException {
        int[] extents = {sample.shape().z(), sample.shape().y(), sample.shape().x()};
        Safetensors.builder()
                .add("hu", DType.F32, new Tensor(extents, sample.hu()))
                .add("labels", DType.U8, extents, sample.labels())
                .build()
                .write(directory.resolve(sampleFile(sample.id(), stage)));
    }

    /** A case's file within the directory. */
    static String caseFile(String id) {
        return "cases/" + id + ".safetensors";
    }

    private static String sampleFile(String id, CascadeStage stage) {
        return stage.label() + "/" + id + ".safetensors";
    }
}
