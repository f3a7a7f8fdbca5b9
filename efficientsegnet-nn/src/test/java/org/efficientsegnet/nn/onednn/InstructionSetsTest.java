// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.efficientsegnet.CancellationToken;
import org.efficientsegnet.Precision;
import org.efficientsegnet.nn.bundle.ModelBundles;
import org.efficientsegnet.nn.network.WeightedNetwork;
import org.efficientsegnet.nn.samediff.SameDiffEngine;
import org.efficientsegnet.spi.EngineOptions;
import org.efficientsegnet.spi.EngineOptions.Concurrency;
import org.efficientsegnet.spi.Network;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever instructions a CPU has, 32-bit logits are those of SameDiff. oneDNN is told in a process of its own. */
class InstructionSetsTest {

    private static final EngineOptions OPTIONS = new EngineOptions(Precision.FP32, 2, Concurrency.QUEUE, false);

    private static float[] expected;

    @TempDir
    Path directory;

    @BeforeAll
    static void runSameDiff() throws IOException {
        WeightedNetwork model = model();
        try (Network network = new SameDiffEngine().load(model, OPTIONS)) {
            expected = run(model, network);
        }
    }

    private static WeightedNetwork model() throws IOException {
        return new ModelBundles().pretrained().coarse();
    }

    private static float[] run(WeightedNetwork model, Network network) {
        float[] input = StepDigitsTest.scan(model.inputSize());
        float[] logits = new float[model.classes() * input.length];
        network.run(input, logits, new CancellationToken());
        return logits;
    }

    @ParameterizedTest
    @ValueSource(strings = {"DEFAULT", "AVX512_CORE", "AVX2", "SSE41"})
    void logitsAreThoseOfSameDiff(String instructions) throws IOException, InterruptedException {
        Path file = directory.resolve("logits");
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx600m",
                "-cp",
                System.getProperty("java.class.path"),
                InstructionSetsTest.class.getName(),
                file.toString());
        builder.environment().put("ONEDNN_MAX_CPU_ISA", instructions);
        Process process = builder.redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), output);
        FloatBuffer logits = ByteBuffer.wrap(Files.readAllBytes(file)).asFloatBuffer();
        double difference = 0;
        double norm = 0;
        for (float value : expected) {
            double d = logits.get() - value;
            difference += d * d;
            norm += (double) value * value;
        }
        double relative = Math.sqrt(difference / norm);
        assertTrue(relative < 4e-6, () -> "relative L2 " + relative + "; " + output);
    }

    /** What the process runs: writes the logits, 32-bit, into the file that the argument names. */
    public static void main(String[] args) throws IOException {
        WeightedNetwork model = model();
        try (OneDnnNetwork network = new OneDnnEngine().load(model, OPTIONS)) {
            System.out.println(network.describe());
            float[] logits = run(model, network);
            ByteBuffer bytes = ByteBuffer.allocate(Float.BYTES * logits.length);
            bytes.asFloatBuffer().put(logits);
            Files.write(Path.of(args[0]), bytes.array());
        }
    }
}
