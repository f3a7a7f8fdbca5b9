// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.efficientsegnet.SegmentationException;
import org.efficientsegnet.nn.network.ContextKind;
import org.efficientsegnet.nn.network.InitialWeights;
import org.efficientsegnet.nn.network.NetworkGraph;
import org.efficientsegnet.nn.network.NetworkSpec;
import org.efficientsegnet.nn.weights.MalformedFileException;
import org.efficientsegnet.volume.Shape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;

class SameDiffCompilerTest {

    private static final NetworkSpec SPEC = NetworkSpec.builder()
            .channels(2, 4)
            .blocksPerLevel(1)
            .context(ContextKind.STRIP_POOLING)
            .build();

    private static SameDiff graph(NetworkSpec spec, Shape size) {
        return NetworkGraph.build(spec, size, InitialWeights.kaiming(spec, 1));
    }

    @Test
    void aSavedGraphGivesTheSamePlan(@TempDir Path directory) throws IOException {
        SameDiff graph = graph(SPEC, new Shape(8, 6, 4));
        Plan plan = SameDiffCompiler.compile(graph);
        Path file = directory.resolve("graph.fb");
        graph.save(file.toFile(), false);
        assertEquals(plan, SameDiffCompiler.compile(SameDiff.load(file.toFile(), false)));
    }

    @Test
    void theSizeOfTheInputDoesNotMatter() {
        Plan small = SameDiffCompiler.compile(graph(SPEC, new Shape(8, 6, 4)));
        Plan large = SameDiffCompiler.compile(graph(SPEC, new Shape(10, 20, 12)));
        assertEquals(small.steps(), large.steps());
    }

    @Test
    void neighboursAreFused() {
        Plan plan = SameDiffCompiler.compile(graph(SPEC, Shape.cube(8)));
        assertTrue(plan.steps().stream().noneMatch(step -> step instanceof Step.Sum || step instanceof Step.Relu));
        assertEquals("conv0_0", plan.blocks().get(0));
        assertEquals("conv0_1", plan.blocks().get(plan.blocks().size() - 1));
    }

    @Test
    void aPlanThatTheSizeWouldChangeRefusesIt() {
        Plan plan = SameDiffCompiler.compile(graph(SPEC, new Shape(8, 6, 2)));
        PlanShapes.of(plan, new Shape(16, 4, 2));
        SegmentationException refusal =
                assertThrows(SegmentationException.class, () -> PlanShapes.of(plan, new Shape(8, 6, 4)));
        assertTrue(refusal.getMessage().contains("compile it for this size"), refusal.getMessage());
    }

    @Test
    void whatCannotBeLoweredIsNamed() {
        SameDiff graph = SameDiff.create();
        SDVariable input = graph.placeHolder("input", DataType.FLOAT, 1, 1, 4, 4, 4);
        SDVariable last = graph.permute("last", input, 0, 2, 3, 4, 1);
        SDVariable odd = graph.math().sin("odd_one", last);
        SDVariable weight = graph.var("final.weight", DataType.FLOAT, 1, 1, 1, 1, 3);
        SDVariable logits = graph.cnn()
                .conv3d(
                        "logits",
                        odd,
                        weight,
                        org.nd4j.linalg.api.ops.impl.layers.convolution.config.Conv3DConfig.builder()
                                .kD(1)
                                .kH(1)
                                .kW(1)
                                .dataFormat("NDHWC")
                                .build());
        graph.permute("output", logits, 0, 4, 1, 2, 3);
        graph.setOutputs("output");
        SegmentationException refusal =
                assertThrows(SegmentationException.class, () -> SameDiffCompiler.compile(graph));
        assertTrue(refusal.getMessage().contains("odd_one"), refusal.getMessage());
        assertTrue(refusal.getMessage().contains("sin"), refusal.getMessage());
    }

    @Test
    void aFileHoldsThePlan() throws IOException {
        Plan plan = SameDiffCompiler.compile(graph(SPEC, Shape.cube(8)));
        assertEquals(plan, PlanFile.fromBytes("a", PlanFile.toBytes(plan, "12ab"), "12AB"));
    }

    @ParameterizedTest
    @CsvSource({
        "12ab,                  99ff,              weights_sha256",
        "'\"version\" : 1',     '\"version\" : 7', version",
        "efficientsegnet-plan,  other,             format",
        "'\"channels\" : 2',    '\"channels\" : 0', channels and stride",
        "'\"channels\" : 2,',   '',                channels",
        "'\"stride\" : 2',      '\"stride\" : \"x\"', stride",
        "'\"step\" : \"logits\"', '\"step\" : \"what\"', what",
        "'\"input\" : \"conv0_0\"', '\"input\" : \"nowhere\"', nowhere",
        "'}',                   ']',               plan"
    })
    void aDamagedFileIsRefusedByName(String from, String to, String named) {
        Plan plan = SameDiffCompiler.compile(graph(SPEC, Shape.cube(8)));
        String text = new String(PlanFile.toBytes(plan, "12ab"), StandardCharsets.UTF_8);
        assertTrue(text.contains(from), text);
        byte[] damaged = text.replace(from, to).getBytes(StandardCharsets.UTF_8);
        MalformedFileException refusal =
                assertThrows(MalformedFileException.class, () -> PlanFile.fromBytes("fine.plan.json", damaged, "12ab"));
        assertTrue(refusal.getMessage().contains("fine.plan.json"), refusal.getMessage());
        assertTrue(refusal.getMessage().contains(named), refusal.getMessage());
    }
}
