// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.cases;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.efficientsegnet.files.AtomicOutput;

/**
 * What is written down about a finished case, after its last output: what it was made from, and with which outputs. A
 * case without this file, or with one that no longer fits, is done again.
 *
 * @param input the file or folder
 * @param identity what it was recognised by
 * @param settings the model and everything asked for that changes the result
 * @param outputs the files written, relative to the output folder, and their sizes in bytes
 * @param volumes of a folder that holds several volumes: their names; each has a state of its own. Empty otherwise
 * @param seconds how long it took
 * @param findings what was found
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record CaseState(
        String input,
        InputIdentity identity,
        Map<String, String> settings,
        Map<String, Long> outputs,
        List<String> volumes,
        double seconds,
        CaseFindings findings) {

    /** The folder in an output folder where a batch keeps what it remembers. */
    public static final String MEMORY = ".efficientsegnet";

    /** No state is larger. */
    public static final int MOST_BYTES = 1 << 20;

    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    /** Copies the collections. */
    public CaseState {
        Objects.requireNonNull(identity, "identity");
        Objects.requireNonNull(findings, "findings");
        settings = Map.copyOf(settings);
        outputs = Map.copyOf(outputs);
        volumes = List.copyOf(volumes);
    }

    /** Where the state of a case lies in the output folder, parts divided by {@code /}. */
    public static String placeOf(String caseName) {
        return MEMORY + "/state/" + caseName + ".json";
    }

    /**
     * Reads a state.
     *
     * @return empty if there is none, or none that can be understood; then the case is done again
     */
    public static Optional<CaseState> read(Path file) {
        try {
            if (!Files.isRegularFile(file) || Files.size(file) > MOST_BYTES) {
                return Optional.empty();
            }
            return parse(Files.readAllBytes(file));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /**
     * The state that a file's content is.
     *
     * @return empty if it cannot be understood
     */
    public static Optional<CaseState> parse(byte[] json) {
        try {
            return Optional.ofNullable(JSON.readValue(json, CaseState.class));
        } catch (IOException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /**
     * Writes it, whole or not at all; missing folders are made.
     *
     * @throws IOException if it cannot be written; then an earlier state is as it was
     */
    public void write(Path file) throws IOException {
        Files.createDirectories(file.getParent());
        byte[] json = toJson();
        AtomicOutput.write(file, out -> out.write(json));
    }

    /** The content of its file. */
    public byte[] toJson() {
        try {
            return JSON.writeValueAsBytes(this);
        } catch (JacksonException e) {
            throw new UncheckedIOException("the state of " + input + " cannot be written", e);
        }
    }

    /**
     * Whether a case need not be done again.
     *
     * @param identity of its input now
     * @param settings asked for now
     * @param sizes of the outputs that are there now, relative to the output folder
     */
    public boolean fits(InputIdentity identity, Map<String, String> settings, Map<String, Long> sizes) {
        return this.identity.equals(identity) && this.settings.equals(settings) && outputs.equals(sizes);
    }
}
