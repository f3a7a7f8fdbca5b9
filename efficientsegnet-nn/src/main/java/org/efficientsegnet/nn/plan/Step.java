// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.plan;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.List;
import org.efficientsegnet.volume.Shape;

/**
 * One step of a {@link Plan}: reads feature maps, writes one. Extents and kernels are z, y, x. Steps hold no extent of a
 * feature map, so that a plan serves every input size. Immutable.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "step")
@JsonSubTypes({
    @JsonSubTypes.Type(value = Step.Convolution.class, name = "convolution"),
    @JsonSubTypes.Type(value = Step.Normalization.class, name = "normalization"),
    @JsonSubTypes.Type(value = Step.Sum.class, name = "sum"),
    @JsonSubTypes.Type(value = Step.Relu.class, name = "relu"),
    @JsonSubTypes.Type(value = Step.Gate.class, name = "gate"),
    @JsonSubTypes.Type(value = Step.Concatenation.class, name = "concatenation"),
    @JsonSubTypes.Type(value = Step.MaxPooling.class, name = "max_pooling"),
    @JsonSubTypes.Type(value = Step.AveragePooling.class, name = "average_pooling"),
    @JsonSubTypes.Type(value = Step.AdaptivePooling.class, name = "adaptive_pooling"),
    @JsonSubTypes.Type(value = Step.Strip.class, name = "strip"),
    @JsonSubTypes.Type(value = Step.Resize.class, name = "resize"),
    @JsonSubTypes.Type(value = Step.Logits.class, name = "logits")
})
public sealed interface Step {

    /** The feature maps it writes; no other step writes them. */
    String output();

    /** The feature maps it reads, in order. */
    List<String> inputs();

    /** The names of the weights that it reads; what has some is trained, and packed by engines. */
    List<String> weights();

    /** Calls the visitor's method for this kind of step. */
    void accept(Visitor visitor);

    /**
     * Tells kinds of steps apart. A kind that is added is added here too, so that no place that tells them apart compiles
     * without it.
     */
    interface Visitor {
        /** @param step to be treated */
        void convolution(Convolution step);

        /** @param step to be treated */
        void normalization(Normalization step);

        /** @param step to be treated */
        void sum(Sum step);

        /** @param step to be treated */
        void relu(Relu step);

        /** @param step to be treated */
        void gate(Gate step);

        /** @param step to be treated */
        void concatenation(Concatenation step);

        /** @param step to be treated */
        void maxPooling(MaxPooling step);

        /** @param step to be treated */
        void averagePooling(AveragePooling step);

        /** @param step to be treated */
        void adaptivePooling(AdaptivePooling step);

        /** @param step to be treated */
        void strip(Strip step);

        /** @param step to be treated */
        void resize(Resize step);

        /** @param step to be treated */
        void logits(Logits step);
    }

    /** A step that reads one feature map. */
    sealed interface Unary extends Step {

        /** The feature maps it reads. */
        String input();

        @Override
        default List<String> inputs() {
            return List.of(input());
        }
    }

    /** A step that reads feature maps alone. */
    sealed interface Weightless extends Step {
        @Override
        default List<String> weights() {
            return List.of();
        }
    }

    /**
     * A convolution without bias, padded by half a kernel on every side.
     *
     * @param weight name of the weight, PyTorch layout: output channel, input channel (1 if depthwise), z, y, x
     * @param channels of the output
     * @param kernel its extent, odd along every axis
     * @param stride along every axis
     * @param depthwise whether each output channel sees the input channel of the same number alone
     */
    record Convolution(
            String output, String input, String weight, int channels, Shape kernel, int stride, boolean depthwise)
            implements Unary {
        /** @throws IllegalArgumentException if a value makes no sense */
        public Convolution {
            require(channels > 0 && stride > 0, "channels and stride", output);
            require(kernel.z() % 2 == 1 && kernel.y() % 2 == 1 && kernel.x() % 2 == 1, "kernel", output);
        }

        @Override
        public List<String> weights() {
            return List.of(weight);
        }

        @Override
        public void accept(Visitor visitor) {
            visitor.convolution(this);
        }
    }

    /**
     * Instance normalisation without affine part: (x - mean) / sqrt(variance + epsilon), the variance with n; then the
     * residual is added, then ReLU.
     *
     * @param residual feature maps of the same size, or null
     * @param relu whether ReLU follows
     */
    record Normalization(String output, String input, String residual, boolean relu, double epsilon)
            implements Weightless {
        /** @throws IllegalArgumentException if a value makes no sense */
        public Normalization {
            require(epsilon > 0, "epsilon", output);
        }

        @Override
        public List<String> inputs() {
            return residual == null ? List.of(input) : List.of(input, residual);
        }

        @Override
        public void accept(Visitor visitor) {
            visitor.normalization(this);
        }
    }

    /** The sum of two feature maps of one size, then perhaps ReLU. */
    record Sum(String output, String first, String second, boolean relu) implements Weightless {
        @Override
        public List<String> inputs() {
            return List.of(first, second);
        }

        @Override
        public void accept(Visitor visitor) {
            visitor.sum(this);
        }
    }

    /** max(x, 0). */
    record Relu(String output, String input) implements Unary, Weightless {
        @Override
        public void accept(Visitor visitor) {
            visitor.relu(this);
        }
    }

    /** The input times the sigmoid of the gate. */
    record Gate(String output, String input, String gate) implements Weightless {
        @Override
        public List<String> inputs() {
            return List.of(input, gate);
        }

        @Override
        public void accept(Visitor visitor) {
            visitor.gate(this);
        }
    }

    /** The channels of one after those of the other. */
    record Concatenation(String output, List<String> inputs) implements Weightless {
        /**
         * Copies the list.
         *
         * @throws IllegalArgumentException if it is empty
         */
        public Concatenation {
            inputs = List.copyOf(inputs);
            require(!inputs.isEmpty(), "inputs", output);
        }

        @Override
        public void accept(Visitor visitor) {
            visitor.concatenation(this);
        }
    }

    /** Maximum over kernel³ voxels; voxels of the padding never win. */
    record MaxPooling(String output, String input, int kernel, int stride, int padding) implements Unary, Weightless {
        /** @throws IllegalArgumentException if a value makes no sense */
        public MaxPooling {
            require(kernel > 0 && stride > 0 && padding >= 0 && padding < kernel, "kernel, stride and padding", output);
        }

        @Override
        public void accept(Visitor visitor) {
            visitor.maxPooling(this);
        }
    }

    /** Mean over factor³ voxels that do not overlap; what is left over at the end of an axis is left out. */
    record AveragePooling(String output, String input, int factor) implements Unary, Weightless {
        /** @throws IllegalArgumentException if a value makes no sense */
        public AveragePooling {
            require(factor > 0, "factor", output);
        }

        @Override
        public void accept(Visitor visitor) {
            visitor.averagePooling(this);
        }
    }

    /** Means over bins³ boxes that cover the input: along an axis from floor(i·n/bins) to ceil((i+1)·n/bins). */
    record AdaptivePooling(String output, String input, int bins) implements Unary, Weightless {
        /** @throws IllegalArgumentException if a value makes no sense */
        public AdaptivePooling {
            require(bins > 0, "bins", output);
        }

        @Override
        public void accept(Visitor visitor) {
            visitor.adaptivePooling(this);
        }
    }

    /** Mean over both axes other than {@code axis}; 0 is z, 1 is y, 2 is x. */
    record Strip(String output, String input, int axis) implements Unary, Weightless {
        /** @throws IllegalArgumentException if a value makes no sense */
        public Strip {
            require(axis >= 0 && axis < 3, "axis", output);
        }

        @Override
        public void accept(Visitor visitor) {
            visitor.strip(this);
        }
    }

    /**
     * Trilinear interpolation with the corners aligned (output i lies at input i·(in-1)/(out-1)), then the addend is
     * added, then ReLU.
     *
     * @param divisor the output has the extent of the network's input divided by this
     * @param addend feature maps of the output's size, or null
     * @param relu whether ReLU follows
     */
    record Resize(String output, String input, int divisor, String addend, boolean relu) implements Weightless {
        /** @throws IllegalArgumentException if a value makes no sense */
        public Resize {
            require(divisor > 0, "divisor", output);
        }

        @Override
        public List<String> inputs() {
            return addend == null ? List.of(input) : List.of(input, addend);
        }

        @Override
        public void accept(Visitor visitor) {
            visitor.resize(this);
        }
    }

    /** A 1×1×1 convolution whose output leaves the network: 32-bit, class after class. */
    record Logits(String output, String input, String weight, int channels) implements Unary {
        /** @throws IllegalArgumentException if a value makes no sense */
        public Logits {
            require(channels > 0, "channels", output);
        }

        @Override
        public List<String> weights() {
            return List.of(weight);
        }

        @Override
        public void accept(Visitor visitor) {
            visitor.logits(this);
        }
    }

    private static void require(boolean sensible, String what, String output) {
        if (!sensible) {
            throw new IllegalArgumentException("the step " + output + ": " + what + " make no sense");
        }
    }
}
