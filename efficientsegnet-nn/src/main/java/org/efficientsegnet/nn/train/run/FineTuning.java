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

    /**
     * How much faster the channels of new labels learn: Adam moves a weight by at most the learning rate in a step, and
     * what is small enough for features that were trained before takes a thousand steps to make a new channel.
     */
    static final double NEW_CHANNEL_RATE = 30;

    /**
     * What a run has of a network that was trained before.
     *
     * @param newChannels places of weights that were not trained before, unlike the others
     * @param kept share of the weights that it began with in those that are validated and saved, 0 for none of them
     */
    record Inheritance(int[] newChannels, double kept) {

        /** A network from nothing. */
        static final Inheritance NONE = new Inheritance(new int[0], 0);

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
                blended[i] = (float) (kept * begun[i] + (1 - kept) * trained[i]);
            }
            for (int place : newChannels) {
                blended[place] = trained[place];
            }
            return blended;
        }
    }

    private FineTuning() {}

    /**
     * Where the weights of new channels lie.
     *
     * @param layout of the network's weights
     * @param known how many channels were there before
     */
    static int[] newChannels(ParameterLayout layout, int known) {
        ParameterLayout.Parameter last = layout.parameters().stream()
                .filter(p -> p.name().equals(LAST))
                .findFirst()
                .orElseThrow();
        // Output channels are innermost.
        return IntStream.range(0, last.size())
                .filter(i -> i % last.outputs() >= known)
                .map(i -> last.offset() + i)
                .toArray();
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
