// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.network;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.efficientsegnet.nn.weights.MalformedFileException;
import org.efficientsegnet.nn.weights.Safetensors;
import org.efficientsegnet.nn.weights.Tensor;
import org.efficientsegnet.nn.weights.Weights;
import org.efficientsegnet.volume.Shape;

/**
 * A reference file: the weights of a network, an input, and samples of what an independent implementation made of it. A
 * safetensors file with the tensors {@code input} [1, 1, z, y, x], {@code weight.<name>}, {@code probe.output} (every
 * 13th element of the logits in the order n, c, z, y, x) and {@code probe.<block>} (every 97th element of the block's
 * output in that order). Immutable.
 */
public final class GoldenFile {

    /** How far apart the samples of the logits are. */
    public static final int OUTPUT_STRIDE = 13;

    /** How far apart the samples of a block's output are. */
    public static final int BLOCK_STRIDE = 97;

    private static final String WEIGHT = "weight.";
    private static final String PROBE = "probe.";

    private final WeightedNetwork model;
    private final float[] input;
    private final Map<String, float[]> probes;

    private GoldenFile(WeightedNetwork model, float[] input, Map<String, float[]> probes) {
        this.model = model;
        this.input = input;
        this.probes = Collections.unmodifiableMap(probes);
    }

    /**
     * Reads a file; the network is told from its weights.
     *
     * @throws MalformedFileException if it is damaged, lacks something, or holds weights of no known network
     */
    public static GoldenFile read(Path file) throws IOException {
        return of(file.getFileName().toString(), Safetensors.read(file), null);
    }

    /**
     * Reads a file with the weights of a network of the given family.
     *
     * @throws MalformedFileException if it is damaged, lacks something, or holds other weights
     */
    public static GoldenFile read(Path file, NetworkFamily family) throws IOException {
        return of(file.getFileName().toString(), Safetensors.read(file), family);
    }

    /**
     * Takes what was read from a file.
     *
     * @param name of the file, for messages
     * @param family the network's family, or null to tell it from the weights
     * @throws MalformedFileException if it lacks something or holds other weights
     */
    public static GoldenFile of(String name, Safetensors file, NetworkFamily family) throws MalformedFileException {
        Tensor input = tensor(name, file, "input");
        int[] shape = input.shape();
        if (shape.length != 5 || shape[0] != 1 || shape[1] != 1 || input.size() == 0) {
            throw malformed(name, "input", "its shape is not [1, 1, z, y, x]");
        }
        Shape inputSize = new Shape(shape[2], shape[3], shape[4]);
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        Map<String, float[]> probes = new LinkedHashMap<>();
        for (String entry : file.names()) {
            if (entry.startsWith(WEIGHT)) {
                tensors.put(entry.substring(WEIGHT.length()), tensor(name, file, entry));
            } else if (entry.startsWith(PROBE)) {
                probes.put(
                        entry.substring(PROBE.length()),
                        tensor(name, file, entry).values());
            }
        }
        if (!probes.containsKey(NetworkGraph.OUTPUT)) {
            throw malformed(name, PROBE + NetworkGraph.OUTPUT, "it is missing");
        }
        Weights weights = Weights.of(tensors);
        try {
            NetworkSpec spec = family == null ? SpecFromWeights.of(weights) : SpecFromWeights.of(weights, family);
            if (spec.context() == ContextKind.NONE) {
                // An empty block hands on what the encoder's last level gave, of which there are samples already.
                probes.remove("context_block");
            }
            return new GoldenFile(new WeightedNetwork(name, spec, inputSize, weights), input.values(), probes);
        } catch (IllegalArgumentException e) {
            throw malformed(name, WEIGHT + "*", e.getMessage());
        }
    }

    private static Tensor tensor(String name, Safetensors file, String entry) throws MalformedFileException {
        if (!file.contains(entry)) {
            throw malformed(name, entry, "it is missing");
        }
        try {
            return file.tensor(entry);
        } catch (IllegalArgumentException e) {
            throw malformed(name, entry, e.getMessage());
        }
    }

    private static MalformedFileException malformed(String file, String field, String reason) {
        return new MalformedFileException(file, field, reason, "take a reference file of a network");
    }

    /** The network with the file's weights and input size. */
    public WeightedNetwork model() {
        return model;
    }

    /** The input, C order z, y, x; a copy. */
    public float[] input() {
        return input.clone();
    }

    /** What the file expects, by block, in its order, {@code output} among them; the arrays must not be changed. */
    public Map<String, float[]> probes() {
        return probes;
    }

    /** How far apart the samples of a block are, or of {@code output}. */
    public static int stride(String block) {
        return block.equals(NetworkGraph.OUTPUT) ? OUTPUT_STRIDE : BLOCK_STRIDE;
    }
}
