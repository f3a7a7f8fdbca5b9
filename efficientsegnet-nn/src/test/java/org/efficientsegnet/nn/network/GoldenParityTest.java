// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import org.efficientsegnet.Precision;
import org.efficientsegnet.nn.samediff.SameDiffEngine;
import org.efficientsegnet.nn.weights.Safetensors;
import org.efficientsegnet.spi.EngineOptions;
import org.efficientsegnet.spi.Network;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The graphs against outputs that PyTorch computed in 64-bit arithmetic. */
class GoldenParityTest {

    @ParameterizedTest
    @ValueSource(strings = {"efficientsegnet", "efficientsegnet_nocontext", "coarse_unet"})
    void agreesWithTheReference(String name) throws IOException {
        String file = name + ".safetensors";
        try (InputStream in = GoldenParityTest.class.getResourceAsStream("/golden/" + file)) {
            assertAgrees(GoldenFile.of(file, Safetensors.read(file, in.readAllBytes()), null));
        }
    }

    @Tag("shared")
    @ParameterizedTest
    @ValueSource(
            strings = {
                "efficientsegnet",
                "efficientsegnet_nocontext",
                "efficientsegnet_basic_decoder",
                "contextunet",
                "coarse_unet"
            })
    void agreesWithEveryReference(String name) throws IOException {
        Path shared = Path.of(System.getProperty("efficientsegnet.shared"));
        assertAgrees(GoldenFile.read(shared.resolve("golden").resolve(name + ".safetensors")));
    }

    private static void assertAgrees(GoldenFile golden) {
        // The tensors are small: more threads would wait for each other, above all on a busy machine.
        EngineOptions options = new EngineOptions(Precision.FP32, 1, EngineOptions.Concurrency.QUEUE, true);
        try (Network network = new SameDiffEngine().load(golden.model(), options)) {
            GoldenCheck.Report report = GoldenCheck.run(golden, network);
            assertEquals(golden.probes().size(), report.blocks().size());
            assertTrue(report.passes(GoldenCheck.FP32_TOLERANCE), () -> report.verdict(GoldenCheck.FP32_TOLERANCE));
        }
    }
}
