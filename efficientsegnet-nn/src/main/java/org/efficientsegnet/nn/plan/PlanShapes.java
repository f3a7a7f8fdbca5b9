// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.plan;

import java.util.LinkedHashMap;
import java.util.Map;
import org.efficientsegnet.SegmentationException;
import org.efficientsegnet.volume.Axis;
import org.efficientsegnet.volume.Shape;

/** How large the feature maps of a plan are for one input size. Immutable. */
public final class PlanShapes {

    /** Far more than any network's; what a plan that was tampered with could claim has no bound. */
    private static final long MOST_ELEMENTS = 1L << 32;

    private final Map<String, FeatureShape> maps;

    private PlanShapes(Map<String, FeatureShape> maps) {
        this.maps = maps;
    }

    /**
     * The size of one value of a plan.
     *
     * @param channels number of channels
     * @param shape extent
     */
    public record FeatureShape(int channels, Shape shape) {
        /** How many numbers it holds. */
        public long elements() {
            return channels * shape.voxels();
        }
    }

    /**
     * Infers every size.
     *
     * @throws SegmentationException if the plan does not serve this input size, with the reason
     */
    public static PlanShapes of(Plan plan, Shape inputSize) {
        Map<String, FeatureShape> here = infer(plan, inputSize);
        Map<String, FeatureShape> compiled =
                inputSize.equals(plan.compiledFor()) ? here : infer(plan, plan.compiledFor());
        here.forEach((name, maps) -> {
            // Networks treat a single voxel differently (nothing to normalise over), which the graph has decided.
            if (singles(maps.shape()) != singles(compiled.get(name).shape())) {
                throw new SegmentationException("the plan was compiled for inputs of " + plan.compiledFor()
                        + " and does not serve " + inputSize + ", since " + name + " would have an axis of one voxel at"
                        + " one of the two alone; compile it for this size");
            }
        });
        return new PlanShapes(here);
    }

    private static int singles(Shape shape) {
        return (shape.z() == 1 ? 1 : 0) | (shape.y() == 1 ? 2 : 0) | (shape.x() == 1 ? 4 : 0);
    }

    private static Map<String, FeatureShape> infer(Plan plan, Shape inputSize) {
        Map<String, FeatureShape> sizes = new LinkedHashMap<>();
        sizes.put(plan.input(), new FeatureShape(plan.inputChannels(), inputSize));
        for (Step step : plan.steps()) {
            FeatureShape first = sizes.get(step.inputs().get(0));
            FeatureShape out = new Sizing(first, sizes, inputSize).of(step);
            // In floating point, where no product overflows.
            double elements = (double) out.channels()
                    * out.shape().z()
                    * out.shape().y()
                    * out.shape().x();
            if (elements > MOST_ELEMENTS) {
                throw problem(step, "has an output of more than " + MOST_ELEMENTS + " values");
            }
            sizes.put(step.output(), out);
        }
        return sizes;
    }

    /** What a step makes of the size of its first input. */
    private static final class Sizing implements Step.Visitor {
        private final FeatureShape in;
        private final Map<String, FeatureShape> sizes;
        private final Shape inputSize;
        private FeatureShape out;

        Sizing(FeatureShape in, Map<String, FeatureShape> sizes, Shape inputSize) {
            this.in = in;
            this.sizes = sizes;
            this.inputSize = inputSize;
        }

        FeatureShape of(Step step) {
            step.accept(this);
            return out;
        }

        private void same(Step step) {
            for (String input : step.inputs()) {
                requireSame(step, in, sizes.get(input));
            }
            out = in;
        }

        @Override
        public void convolution(Step.Convolution step) {
            if (step.depthwise() && step.channels() != in.channels()) {
                throw problem(
                        step, "is depthwise and cannot turn " + in.channels() + " channels into " + step.channels());
            }
            out = new FeatureShape(step.channels(), strided(step, in.shape(), 1, step.stride(), 0));
        }

        @Override
        public void normalization(Step.Normalization step) {
            same(step);
        }

        @Override
        public void sum(Step.Sum step) {
            same(step);
        }

        @Override
        public void relu(Step.Relu step) {
            same(step);
        }

        @Override
        public void gate(Step.Gate step) {
            same(step);
        }

        @Override
        public void concatenation(Step.Concatenation step) {
            long channels = 0;
            for (String input : step.inputs()) {
                FeatureShape other = sizes.get(input);
                requireSame(step, new FeatureShape(other.channels(), in.shape()), other);
                channels += other.channels();
            }
            if (channels > Integer.MAX_VALUE) {
                throw problem(step, "joins " + channels + " channels");
            }
            out = new FeatureShape((int) channels, in.shape());
        }

        @Override
        public void maxPooling(Step.MaxPooling step) {
            out = new FeatureShape(
                    in.channels(), strided(step, in.shape(), step.kernel(), step.stride(), step.padding()));
        }

        @Override
        public void averagePooling(Step.AveragePooling step) {
            out = new FeatureShape(in.channels(), divided(step, in.shape(), step.factor(), false));
        }

        @Override
        public void adaptivePooling(Step.AdaptivePooling step) {
            out = new FeatureShape(in.channels(), Shape.cube(step.bins()));
        }

        @Override
        public void strip(Step.Strip step) {
            Shape s = in.shape();
            int axis = step.axis();
            out = new FeatureShape(
                    in.channels(), new Shape(axis == 0 ? s.z() : 1, axis == 1 ? s.y() : 1, axis == 2 ? s.x() : 1));
        }

        @Override
        public void resize(Step.Resize step) {
            out = new FeatureShape(in.channels(), divided(step, inputSize, step.divisor(), true));
            if (step.addend() != null) {
                requireSame(step, out, sizes.get(step.addend()));
            }
        }

        @Override
        public void logits(Step.Logits step) {
            out = new FeatureShape(step.channels(), in.shape());
        }
    }

    private static Shape strided(Step step, Shape in, int kernel, int stride, int padding) {
        int[] out = new int[3];
        for (int axis = 0; axis < 3; axis++) {
            long room = in.along(Axis.at(axis)) + 2L * padding - kernel;
            if (room < 0 || room / stride >= Integer.MAX_VALUE) {
                throw problem(step, "has no place in " + in);
            }
            out[axis] = (int) (room / stride) + 1;
        }
        return new Shape(out[0], out[1], out[2]);
    }

    private static Shape divided(Step step, Shape in, int factor, boolean whole) {
        boolean fits = in.z() >= factor && in.y() >= factor && in.x() >= factor;
        if (!fits || whole && (in.z() % factor != 0 || in.y() % factor != 0 || in.x() % factor != 0)) {
            throw problem(step, "cannot divide " + in + " by " + factor);
        }
        return new Shape(in.z() / factor, in.y() / factor, in.x() / factor);
    }

    private static void requireSame(Step step, FeatureShape expected, FeatureShape found) {
        if (!expected.equals(found)) {
            throw problem(step, "joins feature maps of different sizes, " + expected + " and " + found);
        }
    }

    private static SegmentationException problem(Step step, String what) {
        return new SegmentationException("the step " + step.output() + " of the plan " + what);
    }

    /** The size of a value of the plan. */
    public FeatureShape of(String value) {
        return maps.get(value);
    }

    /**
     * Refuses an array that does not hold a value's elements.
     *
     * @param network the name of whose array it is, for the message
     * @param what the array's name, for the message
     * @throws IllegalArgumentException if it is shorter or longer
     */
    public void requireLength(String network, String what, float[] values, String value) {
        long expected = of(value).elements();
        if (values.length != expected) {
            throw new IllegalArgumentException("the array " + what + " of " + network + " has to hold " + expected
                    + " values, not " + values.length);
        }
    }

    /** Floating-point operations of a step, two a multiplication with its addition; 0 for steps that only move data. */
    public double flops(Step step) {
        FeatureShape out = of(step.output());
        int inputs = of(step.inputs().get(0)).channels();
        if (step instanceof Step.Convolution convolution) {
            return 2.0 * out.elements() * convolution.kernel().voxels() * (convolution.depthwise() ? 1 : inputs);
        }
        return step instanceof Step.Logits ? 2.0 * out.elements() * inputs : 0;
    }
}
