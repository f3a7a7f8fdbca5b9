// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.run;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.efficientsegnet.nn.network.WeightedNetwork;
import org.efficientsegnet.nn.train.ParameterLayout;
import org.efficientsegnet.nn.train.optimize.OptimizerOptions;
import org.efficientsegnet.nn.weights.Tensor;
import org.efficientsegnet.nn.weights.Weights;
import org.efficientsegnet.spi.PipelineSpec;

/**
 * A network that was trained before, as the beginning of a training with further labels. Everything but the last
 * convolution is taken over, and of that the channels of known labels: their outputs are the same as before.
 *
 * <p>A new label's channel begins as half the mean of the known ones. Those are far below zero where there is no organ;
 * so is the mean then, and the first steps do not have to teach the new channel what background is, by way of features
 * that the others need.
 */
final class FineTuning {

    private static final String LAST = "final.weight";
    private static final float SHARE = 0.5f;

    /** The group of weights that learn as the options say. */
    private static final byte TAKEN_OVER = 0;

    private static final byte NEW_CHANNEL = 1;

    /**
     * How much faster the channels of new labels learn: Adam moves a weight by at most the learning rate in a step, and
     * what is small enough for features that were trained before takes a thousand steps to make a new channel.
     */
    static final double NEW_CHANNEL_RATE = 30;

    /**
     * What a run has of a network that was trained before.
     *
     * @param groups the group of each weight, see {@link FineTuning#groups}; empty if none was trained before
     * @param kept share of the weights that it began with in those that are validated and saved, 0 for none of them
     * @param settleEpochs how many epochs at the end only new channels learn; 0 if there are none
     */
    record Inheritance(byte[] groups, double kept, int settleEpochs) {

        /** A network from nothing. */
        static final Inheritance NONE = new Inheritance(new byte[0], 0, 0);

        /**
         * The learning rates of a step, one a group.
         *
         * @param options of the optimiser
         * @param step number of the step, the first is 0
         * @param progress share of the training that is done, 0 to 1
         */
        double[] learningRates(OptimizerOptions options, long step, double progress) {
            double rate = options.learningRate(step, progress);
            // The warm-up spares what was trained before; what was not has nothing to lose.
            return new double[] {rate, NEW_CHANNEL_RATE * options.warmLearningRate(progress)};
        }

        /**
         * The learning rates of a step when everything but new channels has settled.
         *
         * @param options of the optimiser
         * @param progress share of these steps that is done, 0 to 1
         */
        double[] settledRates(OptimizerOptions options, double progress) {
            return new double[] {0, NEW_CHANNEL_RATE * options.warmLearningRate(progress)};
        }

        /**
         * The weights for use: between those before and after training, but for new channels, which have no before
         * (Wortsman et al., Robust Fine-Tuning of Zero-Shot Models, 2022, equation 1). On the way
         * back, what many cases taught returns before what few cases taught is lost.
         *
         * @param begun the weights that the run began with
         * @param trained the weights as they are; not changed
         * @return {@code trained} itself if nothing is kept
         */
        float[] blend(float[] begun, float[] trained) {
            if (kept == 0) {
                return trained;
            }
            float[] blended = new float[trained.length];
            for (int i = 0; i < blended.length; i++) {
                boolean before = groups.length == 0 || groups[i] != NEW_CHANNEL;
                blended[i] = before ? (float) (kept * begun[i] + (1 - kept) * trained[i]) : trained[i];
            }
            return blended;
        }
    }

    /**
     * What a run has of a network.
     *
     * @param layout of the run's weights
     * @param known how many channels the network had
     * @param options how it is gone on with
     */
    static Inheritance inheritance(ParameterLayout layout, int known, PairTraining.Options options) {
        byte[] groups = groups(layout, known);
        boolean hasNew = IntStream.range(0, groups.length).anyMatch(i -> groups[i] == NEW_CHANNEL);
        return new Inheritance(groups, options.kept(), hasNew ? options.settleEpochs() : 0);
    }

    private FineTuning() {}

    /**
     * Which weights learn at which rate.
     *
     * @param layout of the network's weights
     * @param known how many channels were there before
     * @return the group of each weight
     */
    static byte[] groups(ParameterLayout layout, int known) {
        byte[] groups = new byte[layout.size()];
        for (ParameterLayout.Parameter parameter : layout.parameters()) {
            boolean last = parameter.name().equals(LAST);
            for (int i = 0; i < parameter.size(); i++) {
                // Output channels are innermost.
                boolean isNew = last && i % parameter.outputs() >= known;
                groups[parameter.offset() + i] = isNew ? NEW_CHANNEL : TAKEN_OVER;
            }
        }
        return groups;
    }

    /** The labels of a model, then those of data sets that it lacks. */
    static List<String> labels(List<String> known, List<String> wanted) {
        Set<String> labels = new LinkedHashSet<>(known);
        labels.addAll(wanted);
        return List.copyOf(labels);
    }

    /** The pipeline of a model for further labels; of a new one the largest component is kept. */
    static PipelineSpec pipeline(PipelineSpec known, List<String> labels) {
        List<Integer> components = new ArrayList<>(known.componentsPerLabel());
        while (components.size() < labels.size()) {
            components.add(1);
        }
        return known.withLabels(labels, components);
    }

    /**
     * The weights of a network for further labels.
     *
     * @param network has a channel for each of the first labels
     * @param classes how many labels there shall be, at least as many
     */
    static Weights weights(WeightedNetwork network, int classes) {
        int known = network.classes();
        if (classes == known) {
            return network.weights();
        }
        Tensor last = network.weights().get(LAST);
        int inputs = last.size() / known;
        float[] values = Arrays.copyOf(last.values(), classes * inputs);
        for (int input = 0; input < inputs; input++) {
            float sum = 0;
            for (int channel = 0; channel < known; channel++) {
                sum += values[channel * inputs + input];
            }
            for (int channel = known; channel < classes; channel++) {
                values[channel * inputs + input] = SHARE * sum / known;
            }
        }
        int[] shape = last.shape();
        shape[0] = classes;
        Map<String, Tensor> tensors = new LinkedHashMap<>(network.weights().tensors());
        tensors.put(LAST, new Tensor(shape, values));
        return Weights.of(tensors);
    }

    /** A network for further labels, of the same input size. */
    static WeightedNetwork network(WeightedNetwork network, int classes) {
        return classes == network.classes()
                ? network
                : new WeightedNetwork(
                        network.name(),
                        network.spec().withClasses(classes),
                        network.inputSize(),
                        weights(network, classes),
                        network.plan().map(plan -> plan.withClasses(classes)));
    }
}
