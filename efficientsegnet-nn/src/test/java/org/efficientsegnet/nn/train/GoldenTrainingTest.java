// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.efficientsegnet.nn.network.ContextKind;
import org.efficientsegnet.nn.network.NetworkSpec;
import org.efficientsegnet.nn.train.loss.LossTerm;
import org.efficientsegnet.nn.train.loss.Losses;
import org.efficientsegnet.nn.train.optimize.Adam;
import org.efficientsegnet.nn.train.optimize.OptimizerOptions;
import org.efficientsegnet.nn.weights.Safetensors;
import org.efficientsegnet.nn.weights.Weights;
import org.efficientsegnet.volume.Shape;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;

/** Losses, gradients and Adam steps against an independent implementation in double precision. */
class GoldenTrainingTest {

    static final String PREFIX = "grad_dice_plus_focal_voxelwise.";

    record Golden(String name, NetworkSpec spec) {
        @Override
        public String toString() {
            return name;
        }

        Safetensors read() throws IOException {
            String resource = "/golden/" + name + ".safetensors";
            try (InputStream in = GoldenTrainingTest.class.getResourceAsStream(resource)) {
                return Safetensors.read(resource, in.readAllBytes());
            }
        }
    }

    private static final Golden FULL = new Golden(
            "efficientsegnet", NetworkSpec.builder().channels(2, 4, 8, 16, 32).build());
    private static final Golden NO_CONTEXT = new Golden(
            "efficientsegnet_nocontext",
            NetworkSpec.builder()
                    .channels(2, 4, 8, 16, 32)
                    .context(ContextKind.NONE)
                    .build());
    private static final Golden COARSE = new Golden("coarse_unet", coarse());

    private static NetworkSpec coarse() {
        NetworkSpec published = NetworkSpec.coarseUNet(4);
        return NetworkSpec.builder()
                .encoder(published.encoder())
                .decoder(published.decoder())
                .context(published.context())
                .fusion(published.fusion())
                .downsampling(published.downsampling())
                .channels(2, 4, 8, 16, 32)
                .blocks(published.blocks())
                .decoderBlocks(published.decoderBlocks())
                .build();
    }

    static Stream<Golden> all() {
        return Stream.of(FULL, NO_CONTEXT, COARSE);
    }

    record Loaded(Safetensors file, Weights weights, Shape size, Batch batch) {
        static Loaded of(Golden golden) throws IOException {
            Safetensors file = golden.read();
            int[] shape = file.shape("target_labels");
            Batch batch = new Batch(
                    List.of(golden.name()), file.tensor("input").values().clone(), file.bytes("target_labels"));
            return new Loaded(file, file.weights("weight."), new Shape(shape[0], shape[1], shape[2]), batch);
        }

        double[] adamLosses() {
            return Stream.of(file.metadata()
                            .get("adam_losses")
                            .replaceAll("[\\[\\]]", "")
                            .split(","))
                    .mapToDouble(Double::parseDouble)
                    .toArray();
        }

        double expected(String key) {
            return Double.parseDouble(file.metadata().get(key));
        }
    }

    @ParameterizedTest
    @MethodSource("all")
    @Tag("slow")
    void losses(Golden golden) throws IOException {
        Loaded loaded = Loaded.of(golden);
        for (String[] pair : new String[][] {
            {"dice", "loss_dice"}, {"focal", "loss_focal_voxelwise"}, {"focal-published", "loss_focal_published"}
        }) {
            try (GradientGraph graph = new GradientGraph(golden.spec(), loaded.size(), 1, Losses.byName(pair[0]), 0)) {
                float[] weights = graph.layout().flatten(loaded.weights());
                double loss = graph.gradient(weights, loaded.batch(), 0, 1, new float[weights.length]);
                double expected = loaded.expected(pair[1]);
                assertEquals(expected, loss, 1e-6 * Math.max(1, expected), pair[0]);
            }
        }
    }

    @Test
    void gradientsAndFiveAdamStepsIn32Bits() throws IOException {
        assertGradientsAndAdamSteps(NO_CONTEXT, DataType.FLOAT, 1e-5);
    }

    /**
     * In 64 bits, since some weights have a gradient that is nearly nothing, and others depend on which side of zero a
     * tiny activation lies.
     */
    @ParameterizedTest
    @MethodSource("all")
    @Tag("slow")
    void gradientsOfEveryWeightAndFiveAdamSteps(Golden golden) throws IOException {
        assertGradientsAndAdamSteps(golden, DataType.DOUBLE, 0);
    }

    static void assertGradientsAndAdamSteps(Golden golden, DataType type, double negligible) throws IOException {
        Loaded loaded = Loaded.of(golden);
        double[] expected = loaded.adamLosses();
        try (GradientGraph graph =
                new GradientGraph(golden.spec(), loaded.size(), 1, Losses.byName(LossTerm.DEFAULT), 0, type, false)) {
            float[] weights = graph.layout().flatten(loaded.weights());
            float[] gradient = new float[weights.length];
            Adam adam = new Adam(OptimizerOptions.DEFAULT, weights);
            for (int step = 0; step < expected.length; step++) {
                double loss = graph.gradient(weights, loaded.batch(), step, 1, gradient);
                assertEquals(expected[step], loss, 1e-5, "step " + step);
                if (step == 0) {
                    assertGradients(loaded.file(), graph.layout().weights(gradient), negligible, 1e-4);
                }
                adam.step(gradient, 1e-3);
            }
        }
    }

    /**
     * Compares the gradient of every weight.
     *
     * @param negligible share of the whole gradient's norm below which a weight's gradient is not looked at
     * @param most how far each may be off, relative to its norm
     */
    static void assertGradients(Safetensors file, Weights gradients, double negligible, double most) {
        double[] norms = gradients.tensors().keySet().stream()
                .mapToDouble(name -> norm(file.doubles(PREFIX + name)))
                .toArray();
        double whole = norm(norms);
        int compared = 0;
        for (String name : gradients.tensors().keySet()) {
            float[] actual = gradients.get(name).values();
            double[] expected = file.doubles(PREFIX + name);
            double[] difference = new double[expected.length];
            Arrays.setAll(difference, i -> actual[i] - expected[i]);
            double relative = norm(difference) / norm(expected);
            if (norm(expected) >= negligible * whole) {
                assertTrue(relative < most, String.format(Locale.ROOT, "%s: relative L2 %.2e", name, relative));
                compared++;
            }
        }
        long expected = file.names().stream().filter(n -> n.startsWith(PREFIX)).count();
        assertTrue(compared >= expected - (negligible > 0 ? 1 : 0), compared + " of " + expected);
    }

    private static double norm(double[] values) {
        return Math.sqrt(Arrays.stream(values).map(v -> v * v).sum());
    }
}
