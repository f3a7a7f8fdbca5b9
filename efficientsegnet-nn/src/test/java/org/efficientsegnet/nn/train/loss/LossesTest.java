// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.loss;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class LossesTest {

    private static final long[] SHAPE = {2, 3, 4, 5, 6};
    private static final int VOXELS = 4 * 5 * 6;
    private static final int ROWS = 6;

    private static double[] logits(long seed) {
        Random random = new Random(seed);
        return random.doubles(ROWS * VOXELS).map(u -> 6 * u - 3).toArray();
    }

    private static double[] targets(long seed) {
        Random random = new Random(~seed);
        return random.doubles(ROWS * VOXELS).map(u -> u < 0.2 ? 1 : 0).toArray();
    }

    /** A loss in double precision, whose argument is a variable so that SameDiff can differentiate it. */
    private static final class Evaluated {
        final SameDiff graph = SameDiff.create();
        final INDArray argument;

        Evaluated(Loss loss, double[] logits, double[] targets) {
            argument = Nd4j.create(logits, SHAPE, 'c');
            SDVariable z = graph.var("z", argument);
            SDVariable t = graph.constant("t", Nd4j.create(targets, SHAPE, 'c'));
            loss.of(graph, z, t).rename("loss");
            graph.setLossVariables("loss");
        }

        double value() {
            return graph.output(Map.of(), "loss").get("loss").getDouble(0);
        }

        double[] gradient() {
            return graph.calculateGradients(Map.of(), "z")
                    .get("z")
                    .dup('c')
                    .data()
                    .asDouble();
        }
    }

    private static double sigmoid(double z) {
        return 1 / (1 + Math.exp(-z));
    }

    private static double clip(double p) {
        return Math.min(Math.max(p, 1e-4), 1 - 1e-4);
    }

    private static double reference(String name, double[] z, double[] t) {
        double bce = 0;
        double focal = 0;
        double weights = 0;
        double clippedBce = 0;
        double organVoxels = 0;
        double dice = 0;
        double topK = 0;
        for (int row = 0; row < ROWS; row++) {
            double both = 0;
            double each = 0;
            double[] entropies = new double[VOXELS];
            for (int v = 0; v < VOXELS; v++) {
                int i = row * VOXELS + v;
                double p = sigmoid(z[i]);
                both += p * t[i];
                each += p * p + t[i] * t[i];
                entropies[v] = -(t[i] == 1 ? Math.log(p) : Math.log(1 - p));
                bce += entropies[v];
                double right = clip(t[i] == 1 ? p : 1 - p);
                double weight = 0.5 * Math.pow(1 - right, 2);
                focal -= weight * Math.log(right);
                weights += weight;
                clippedBce -= Math.log(right);
                organVoxels += t[i];
            }
            dice += 1 - (2 * both + 1e-8) / (each + 1e-8);
            Arrays.sort(entropies);
            int k = VOXELS / 10;
            topK += Arrays.stream(entropies, VOXELS - k, VOXELS).sum() / k;
        }
        int n = ROWS * VOXELS;
        bce /= n;
        focal /= n;
        dice /= ROWS;
        topK /= ROWS;
        double published = weights * (clippedBce / n) / Math.max(organVoxels, 1);
        return switch (name) {
            case "dice" -> dice;
            case "bce" -> bce;
            case "focal" -> focal;
            case "focal-published" -> published;
            case "top-k" -> topK;
            case "dice+focal" -> dice + focal;
            case "dice+focal-published" -> dice + published;
            case "dice+bce" -> dice + bce;
            case "dice+top-k" -> dice + topK;
            default -> throw new AssertionError(name);
        };
    }

    @ParameterizedTest
    @MethodSource("org.efficientsegnet.nn.train.loss.LossTerm#names")
    void agreesWithPlainArithmetic(String name) {
        double[] z = logits(1);
        double[] t = targets(1);
        assertEquals(reference(name, z, t), new Evaluated(Losses.byName(name), z, t).value(), 1e-12);
    }

    @ParameterizedTest
    @MethodSource("org.efficientsegnet.nn.train.loss.LossTerm#names")
    void hasTheGradientOfFiniteDifferences(String name) {
        double[] z = logits(2);
        double[] t = targets(2);
        double[] gradient = new Evaluated(Losses.byName(name), z, t).gradient();
        double h = 1e-5;
        double norm = Math.sqrt(Arrays.stream(gradient).map(g -> g * g).sum());
        assertTrue(norm > 1e-4, "the gradient is " + norm);
        for (int i = 0; i < z.length; i += 7) {
            double at = z[i];
            z[i] = at + h;
            double above = reference(name, z, t);
            z[i] = at - h;
            double below = reference(name, z, t);
            z[i] = at;
            assertEquals((above - below) / (2 * h), gradient[i], 1e-7 * norm, "voxel " + i);
        }
    }

    @ParameterizedTest
    @MethodSource("org.efficientsegnet.nn.train.loss.LossTerm#names")
    void aFactorReachesTheGradient(String name) {
        double[] z = logits(3);
        double[] t = targets(3);
        double[] gradient = new Evaluated(Losses.byName(name), z, t).gradient();
        double[] scaled = new Evaluated(Losses.byName(name).times(1024), z, t).gradient();
        for (int i = 0; i < z.length; i++) {
            assertEquals(1024 * gradient[i], scaled[i], 1e-9, "voxel " + i);
        }
    }

    @ParameterizedTest
    @MethodSource("org.efficientsegnet.nn.train.loss.LossTerm#names")
    void extremeLogitsAndMissingOrgansStayFinite(String name) {
        double[] z = logits(4);
        double[] t = new double[z.length];
        for (int i = 0; i < z.length; i += 3) {
            z[i] = i % 2 == 0 ? 500 : -500;
        }
        Evaluated evaluated = new Evaluated(Losses.byName(name), z, t);
        assertTrue(Double.isFinite(evaluated.value()));
        assertTrue(Arrays.stream(evaluated.gradient()).allMatch(Double::isFinite));
    }

    @ParameterizedTest
    @CsvSource({"0.25, 2", "0.5, 1", "0.75, 3.5", "0.5, 0"})
    void focalTakesOtherConstants(double alpha, double gamma) {
        double[] z = logits(5);
        double[] t = targets(5);
        double expected = 0;
        for (int i = 0; i < z.length; i++) {
            double right = t[i] == 1 ? sigmoid(z[i]) : 1 - sigmoid(z[i]);
            double weight = (t[i] == 1 ? alpha : 1 - alpha) * Math.pow(1 - right, gamma);
            expected -= weight * Math.log(right) / z.length;
        }
        Evaluated evaluated = new Evaluated(Losses.focal(alpha, gamma), z, t);
        assertEquals(expected, evaluated.value(), 1e-12);
        double[] gradient = evaluated.gradient();
        double h = 1e-5;
        double[] moved = z.clone();
        moved[17] += h;
        double above = new Evaluated(Losses.focal(alpha, gamma), moved, t).value();
        moved[17] -= 2 * h;
        double below = new Evaluated(Losses.focal(alpha, gamma), moved, t).value();
        assertEquals((above - below) / (2 * h), gradient[17], 1e-9);
    }

    /** Rows 1 and 4 are not known, and of the others every fifth voxel is not; logits there may be anything. */
    @ParameterizedTest
    @MethodSource("org.efficientsegnet.nn.train.loss.LossTerm#names")
    void leavesOutWhatIsNotKnown(String name) {
        double[] z = logits(6);
        double[] t = targets(6);
        double[] known = new double[z.length];
        for (int i = 0; i < z.length; i++) {
            int row = i / VOXELS;
            known[i] = row == 1 || row == 4 || i % 5 == 0 ? 0 : 1;
            t[i] *= known[i];
        }
        Loss masked = withKnown(Losses.byName(name), known);
        Evaluated evaluated = new Evaluated(masked, z, t);
        double expected = masked(name, z, t, known);
        assertEquals(expected, evaluated.value(), 1e-12);
        double[] gradient = evaluated.gradient();
        double norm = Math.sqrt(Arrays.stream(gradient).map(g -> g * g).sum());
        assertTrue(norm > 1e-4, "the gradient is " + norm);
        double h = 1e-5;
        for (int i = 0; i < z.length; i++) {
            if (known[i] == 0) {
                assertEquals(0, gradient[i], "voxel " + i);
            } else if (i % 7 == 0) {
                double at = z[i];
                z[i] = at + h;
                double above = masked(name, z, t, known);
                z[i] = at - h;
                double below = masked(name, z, t, known);
                z[i] = at;
                assertEquals((above - below) / (2 * h), gradient[i], 1e-7 * norm, "voxel " + i);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("org.efficientsegnet.nn.train.loss.LossTerm#names")
    void nothingKnownIsNoLoss(String name) {
        Evaluated evaluated = new Evaluated(
                withKnown(Losses.byName(name), new double[ROWS * VOXELS]), logits(7), new double[ROWS * VOXELS]);
        assertEquals(0, evaluated.value());
        assertTrue(Arrays.stream(evaluated.gradient()).allMatch(g -> g == 0));
    }

    @ParameterizedTest
    @MethodSource("org.efficientsegnet.nn.train.loss.LossTerm#names")
    void everythingKnownChangesNothing(String name) {
        double[] z = logits(8);
        double[] t = targets(8);
        double[] all = new double[z.length];
        Arrays.fill(all, 1);
        double expected = new Evaluated(Losses.byName(name), z, t).value();
        assertEquals(expected, new Evaluated(withKnown(Losses.byName(name), all), z, t).value(), 1e-14);
    }

    private static Loss withKnown(Loss loss, double[] known) {
        return (graph, logits, targets, none) ->
                loss.of(graph, logits, targets, graph.constant("k", Nd4j.create(known, SHAPE, 'c')));
    }

    /** Over what is known alone: each mean has its own number of voxels or rows. */
    private static double masked(String name, double[] z, double[] t, double[] known) {
        double bce = 0;
        double focal = 0;
        double weights = 0;
        double clippedBce = 0;
        double organVoxels = 0;
        double dice = 0;
        double topK = 0;
        int voxels = 0;
        int rows = 0;
        for (int row = 0; row < ROWS; row++) {
            double both = 0;
            double each = 0;
            double[] entropies = new double[VOXELS];
            int inRow = 0;
            for (int v = 0; v < VOXELS; v++) {
                int i = row * VOXELS + v;
                if (known[i] == 1) {
                    double p = sigmoid(z[i]);
                    both += p * t[i];
                    each += p * p + t[i] * t[i];
                    double entropy = -(t[i] == 1 ? Math.log(p) : Math.log(1 - p));
                    entropies[inRow++] = entropy;
                    bce += entropy;
                    double right = clip(t[i] == 1 ? p : 1 - p);
                    double weight = 0.5 * Math.pow(1 - right, 2);
                    focal -= weight * Math.log(right);
                    weights += weight;
                    clippedBce -= Math.log(right);
                    organVoxels += t[i];
                }
            }
            if (inRow > 0) {
                rows++;
                voxels += inRow;
                dice += 1 - (2 * both + 1e-8) / (each + 1e-8);
                double[] sorted = Arrays.copyOf(entropies, inRow);
                Arrays.sort(sorted);
                int k = Math.min(inRow, VOXELS / 10);
                topK += Arrays.stream(sorted, inRow - k, inRow).sum() / k;
            }
        }
        double total = 0;
        for (String term : name.split("\\+")) {
            total += switch (term) {
                case "dice" -> dice / rows;
                case "bce" -> bce / voxels;
                case "focal" -> focal / voxels;
                case "focal-published" -> weights * (clippedBce / voxels) / Math.max(organVoxels, 1);
                case "top-k" -> topK / rows;
                default -> throw new AssertionError(term);
            };
        }
        return total;
    }

    @Test
    void namesTheLossesThereAre() {
        String message = assertThrows(IllegalArgumentException.class, () -> Losses.byName("hinge"))
                .getMessage();
        assertTrue(message.contains("hinge") && message.contains("dice+focal"), message);
        assertThrows(IllegalArgumentException.class, () -> Losses.topK(0));
    }
}
