// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.run;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.efficientsegnet.files.AtomicOutput;

/**
 * The log of a run, a JSON object a line: {@code "type":"step"} with step, epoch, loss, norm, rate, scale, seconds,
 * waited and ids, {@code "type":"skipped"} for a step whose gradient overflowed, {@code "type":"validation"} with the
 * DSC of each organ and their mean. Every line is on the disk before the next step.
 */
public final class TrainingLog implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final BufferedWriter writer;

    private TrainingLog(BufferedWriter writer) {
        this.writer = writer;
    }

    /** Opens a log and cuts off what was written after a step, half a line at its end included. */
    static TrainingLog open(Path file, int lastStep) throws IOException {
        StringBuilder kept = new StringBuilder();
        for (JsonNode line : read(file)) {
            if (line.path("step").asInt() <= lastStep) {
                kept.append(line).append('\n');
            }
        }
        byte[] bytes = kept.toString().getBytes(StandardCharsets.UTF_8);
        AtomicOutput.write(file, out -> out.write(bytes));
        return new TrainingLog(Files.newBufferedWriter(file, StandardOpenOption.APPEND));
    }

    /** The lines of a log; empty if there is none. A last line that is not complete is left out. */
    public static List<JsonNode> read(Path file) throws IOException {
        List<JsonNode> lines = new ArrayList<>();
        if (Files.exists(file)) {
            for (String line : Files.readAllLines(file)) {
                try {
                    lines.add(JSON.readTree(line));
                } catch (JsonProcessingException e) {
                    break;
                }
            }
        }
        return lines;
    }

    void write(Map<String, ?> line) throws IOException {
        writer.write(JSON.writeValueAsString(line));
        writer.write('\n');
        writer.flush();
    }

    @Override
    public void close() throws IOException {
        writer.close();
    }
}
