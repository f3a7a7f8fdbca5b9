// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.cases;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
 * @param seconds how long it took
 * @param volumesMl the volume of every organ, in label order
 * @param warnings what the user should know of the result
 */
public record CaseState(
        String input,
        InputIdentity identity,
        Map<String, String> settings,
        Map<String, Long> outputs,
        double seconds,
        Map<String, Double> volumesMl,
        List<String> warnings) {

    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
    private static final long MOST_BYTES = 1 << 20;

    /** Copies the collections. */
    public CaseState {
        settings = Map.copyOf(settings);
        outputs = Map.copyOf(outputs);
        volumesMl = Collections.unmodifiableMap(new LinkedHashMap<>(volumesMl));
        warnings = List.copyOf(warnings);
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
            return Optional.of(JSON.readValue(Files.readAllBytes(file), CaseState.class));
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
        byte[] json;
        try {
            json = JSON.writeValueAsBytes(this);
        } catch (JacksonException e) {
            throw new IOException("the state of " + input + " cannot be written", e);
        }
        AtomicOutput.write(file, out -> out.write(json));
    }
}
