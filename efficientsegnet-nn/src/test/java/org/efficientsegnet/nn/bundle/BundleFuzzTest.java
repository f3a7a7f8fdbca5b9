// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.bundle;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.efficientsegnet.SegmentationException;
import org.efficientsegnet.nn.network.BlockKind;
import org.efficientsegnet.nn.network.ContextKind;
import org.efficientsegnet.nn.network.Fusion;
import org.efficientsegnet.nn.network.NetworkSpec;
import org.efficientsegnet.nn.plan.Plan;
import org.efficientsegnet.nn.plan.PlanFile;
import org.efficientsegnet.nn.plan.PlanShapes;
import org.efficientsegnet.nn.plan.Step;
import org.efficientsegnet.nn.weights.DType;
import org.efficientsegnet.nn.weights.Refusal;
import org.efficientsegnet.volume.Shape;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Any bytes at all are either a part of a bundle or refused by a {@link
 * org.efficientsegnet.nn.weights.MalformedFileException} that names it, within bounds of time and memory.
 */
class BundleFuzzTest {

    private static final String SUM = "ab".repeat(32);
    private static final Shape SIZE = new Shape(8, 8, 16);

    private static Path directory;
    private static Path bundle;
    private static Path zip;

    @BeforeAll
    static void writeBundles() throws IOException {
        directory = Files.createTempDirectory("fuzz");
        bundle = directory.resolve("fuzz");
        zip = directory.resolve("fuzz.zip");
        BundleWriter.write(bundle, smallest(), DType.F16);
    }

    @AfterAll
    static void deleteBundles() throws IOException {
        try (var files = Files.walk(directory)) {
            for (Path file : files.sorted((a, b) -> b.compareTo(a)).toList()) {
                Files.delete(file);
            }
        }
    }

    private static FileModelBundle smallest() {
        NetworkSpec coarse = NetworkSpec.builder()
                .encoder(BlockKind.TWO_CONV_RESIDUAL)
                .decoder(BlockKind.TWO_CONV_RESIDUAL)
                .context(ContextKind.NONE)
                .fusion(Fusion.CONCAT)
                .channels(1, 1)
                .blocksPerLevel(1)
                .classes(3)
                .build();
        NetworkSpec fine = NetworkSpec.builder()
                .channels(1, 4)
                .blocks(List.of(1, 1))
                .decoderBlocks(1)
                .classes(3)
                .build();
        return FileModelBundle.of(
                "fuzz",
                "1",
                TestBundles.PIPELINE,
                TestBundles.network("coarse", coarse, SIZE, 1),
                TestBundles.network("fine", fine, SIZE, 2).withPlan(everyStep()));
    }

    /** Every kind of step. */
    private static Plan everyStep() {
        Shape three = Shape.cube(3);
        return new Plan(
                "x",
                1,
                SIZE,
                List.of(
                        new Step.Convolution("c", "x", "c.weight", 2, three, 2, false),
                        new Step.Convolution("d", "c", "d.weight", 2, three, 1, true),
                        new Step.Normalization("n", "d", "c", true, 1e-5),
                        new Step.Sum("s", "n", "c", false),
                        new Step.Relu("r", "s"),
                        new Step.AdaptivePooling("p", "r", 2),
                        new Step.Strip("t", "r", 1),
                        new Step.MaxPooling("m", "r", 3, 2, 1),
                        new Step.AveragePooling("a", "r", 2),
                        new Step.Resize("u", "a", 2, "r", true),
                        new Step.Gate("g", "u", "r"),
                        new Step.Concatenation("k", List.of("g", "r")),
                        new Step.Logits("l", "k", "l.weight", 3)));
    }

    @MethodSource("configurations")
    @FuzzTest(maxDuration = "10m")
    void configuration(byte[] json) throws Throwable {
        Files.write(bundle.resolve(ModelJson.FILE), json);
        Refusal.orElseRead("fuzz", () -> new ModelBundles().read(bundle));
    }

    static List<byte[]> configurations() throws IOException {
        return List.of(Files.readAllBytes(bundle.resolve(ModelJson.FILE)));
    }

    @MethodSource("archives")
    @FuzzTest(maxDuration = "10m")
    void archive(byte[] bytes) throws Throwable {
        Files.write(zip, bytes);
        Refusal.orElseRead("fuzz", () -> new ModelBundles().read(zip));
    }

    static List<byte[]> archives() throws IOException {
        BundleWriter.write(zip, smallest(), DType.F16);
        return List.of(Files.readAllBytes(zip));
    }

    /** A plan that is read also has sizes, or is refused before a network is built of it. */
    @MethodSource("plans")
    @FuzzTest(maxDuration = "10m")
    void plan(byte[] json) throws Throwable {
        Refusal.orElseRead("fuzz", () -> {
            Plan plan = PlanFile.fromBytes("fuzz", json, SUM);
            Optional<SegmentationException> refusal = refusal(plan);
            if (refusal.isPresent() && refusal.get().getMessage().isBlank()) {
                throw new AssertionError("no message", refusal.get());
            }
        });
    }

    private static Optional<SegmentationException> refusal(Plan plan) {
        try {
            PlanShapes.of(plan, SIZE);
            return Optional.empty();
        } catch (SegmentationException e) {
            return Optional.of(e);
        }
    }

    static List<byte[]> plans() {
        return List.of(PlanFile.toBytes(everyStep(), SUM));
    }
}
