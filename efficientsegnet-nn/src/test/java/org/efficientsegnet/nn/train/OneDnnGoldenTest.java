// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import org.efficientsegnet.Precision;
import org.efficientsegnet.nn.onednn.OneDnn;
import org.efficientsegnet.nn.onednn.training.OneDnnGradient;
import org.efficientsegnet.nn.onednn.training.OneDnnGradients;
import org.efficientsegnet.nn.train.GoldenTrainingTest.Golden;
import org.efficientsegnet.nn.train.GoldenTrainingTest.Loaded;
import org.efficientsegnet.nn.train.loss.LossTerm;
import org.efficientsegnet.nn.train.optimize.Adam;
import org.efficientsegnet.nn.train.optimize.OptimizerOptions;
import org.efficientsegnet.nn.weights.Weights;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The oneDNN engine against losses, gradients and Adam steps of an independent implementation in double precision. */
class OneDnnGoldenTest {

    /** How far SameDiff is from the references in 32 bits, too: activations that are nearly 0 are on the other side of it. */
    private static double most(Golden golden) {
        return switch (golden.name()) {
            case "efficientsegnet" -> 2e-4;
            case "coarse_unet" -> 1e-2;
            default -> 1e-4;
        };
    }

    @ParameterizedTest
    @MethodSource("org.efficientsegnet.nn.train.GoldenTrainingTest#all")
    void gradientsAndFiveAdamStepsIn32Bits(Golden golden) throws IOException {
        Loaded loaded = Loaded.of(golden);
        double[] expected = loaded.adamLosses();
        try (OneDnnGradient engine = open(golden, loaded, Precision.FP32, LossTerm.DEFAULT)) {
            float[] weights = engine.layout().flatten(loaded.weights());
            float[] gradient = new float[weights.length];
            Adam adam = new Adam(OptimizerOptions.DEFAULT, weights);
            for (int step = 0; step < expected.length; step++) {
                double loss = engine.gradient(weights, loaded.batch(), step, 1, gradient);
                // What a gradient is off, the optimiser hands on to the losses that follow.
                double within = step == 0 ? 1e-5 : Math.max(1e-5, 0.1 * most(golden));
                assertEquals(expected[step], loss, within, "step " + step);
                if (step == 0) {
                    GoldenTrainingTest.assertGradients(
                            loaded.file(), engine.layout().weights(gradient), 3e-5, most(golden));
                }
                adam.step(gradient, 1e-3);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("org.efficientsegnet.nn.train.GoldenTrainingTest#all")
    void losses(Golden golden) throws IOException {
        Loaded loaded = Loaded.of(golden);
        for (String[] pair : new String[][] {
            {"dice", "loss_dice"}, {"focal", "loss_focal_voxelwise"}, {"focal-published", "loss_focal_published"}
        }) {
            try (OneDnnGradient engine = open(golden, loaded, Precision.FP32, pair[0])) {
                float[] weights = engine.layout().flatten(loaded.weights());
                double loss = engine.gradient(weights, loaded.batch(), 0, 1, new float[weights.length]);
                double expected = loaded.expected(pair[1]);
                assertEquals(expected, loss, 1e-6 * Math.max(1, expected), pair[0]);
            }
        }
    }

    /**
     * The loss, and the gradients of the last block, which only the rounding of the forward pass reaches. Further down,
     * a random network of few channels multiplies what rounding does to ReLUs; real networks are another test's.
     */
    @ParameterizedTest
    @MethodSource("org.efficientsegnet.nn.train.GoldenTrainingTest#all")
    void bfloat16(Golden golden) throws IOException {
        assumeTrue(OneDnn.hasBfloat16(), "BF16 needs a CPU that multiplies it");
        Loaded loaded = Loaded.of(golden);
        try (OneDnnGradient engine = open(golden, loaded, Precision.BF16, LossTerm.DEFAULT)) {
            float[] weights = engine.layout().flatten(loaded.weights());
            float[] gradient = new float[weights.length];
            double loss = engine.gradient(weights, loaded.batch(), 0, 1, gradient);
            assertEquals(loaded.adamLosses()[0], loss, 1e-3);
            Weights gradients = engine.layout().weights(gradient);
            for (String name : gradients.tensors().keySet()) {
                if (name.startsWith("conv0_4") || name.startsWith("final")) {
                    double[] expected = loaded.file().doubles(GoldenTrainingTest.PREFIX + name);
                    double cosine = cosine(gradients.get(name).values(), expected);
                    assertTrue(cosine > 0.998, name + ": the cosine is " + cosine);
                }
            }
        }
    }

    private static double cosine(float[] actual, double[] expected) {
        double dot = 0;
        double ofActual = 0;
        double ofExpected = 0;
        for (int i = 0; i < actual.length; i++) {
            dot += actual[i] * expected[i];
            ofActual += (double) actual[i] * actual[i];
            ofExpected += expected[i] * expected[i];
        }
        return dot / Math.sqrt(ofActual * ofExpected);
    }

    private static OneDnnGradient open(Golden golden, Loaded loaded, Precision precision, String loss) {
        return new OneDnnGradients()
                .open(new GradientRequest(golden.spec(), loaded.size(), 1, LossTerm.parse(loss), 0, precision, false));
    }
}
