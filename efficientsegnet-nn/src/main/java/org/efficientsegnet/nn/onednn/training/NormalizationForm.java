// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn.training;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import org.bytedeco.dnnl.batch_normalization_backward;
import org.bytedeco.dnnl.batch_normalization_forward;
import org.bytedeco.dnnl.binary;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.post_ops;
import org.bytedeco.dnnl.primitive_attr;
import org.efficientsegnet.nn.onednn.OneDnn;
import org.efficientsegnet.nn.plan.PlanShapes.FeatureShape;
import org.efficientsegnet.nn.plan.Step;

/**
 * Instance normalisation with the factors of dropout, the residual and ReLU.
 *
 * <p>With x the input, m the mean, r = 1/sqrt(variance + epsilon), f the channel's factor of dropout (1 where there is
 * none), the output is y = f·r·(x - m), then the residual, then ReLU. With g the gradient that comes from above, through
 * ReLU, that by x is f·r·(g - mean(g) - (x - m)·r·mean(g·(x - m)·r)), means over the voxels: with h = f·r·g, it is h + b·x
 * + c for two numbers b and c a channel.
 *
 * <p>Feature maps are seen as rows of numbers: a voxel or, where the channels do not fill whole vectors, as many voxels
 * as do; each place of a row has its own sums, and those of a channel are merged. Rows are cut into parts that lie in a
 * core's cache while several primitives pass over them, and that are short enough for 32-bit sums; the sums of parts are
 * added in 64 bits, in their order. A batch normalisation gives the statistics of a part, and in its backward form, with
 * the statistics of the whole, h and both sums.
 */
final class NormalizationForm implements CheapForm {

    /** Numbers in the widest vector register. */
    private static final int VECTOR = 16;

    /** Numbers of a part. */
    private static final int PART_NUMBERS = 1 << 17;

    /** Rows of a part at most: 32-bit sums of more would lose digits. */
    private static final int PART_ROWS = 1 << 13;

    /** Small feature maps are cut into about so many parts. */
    private static final int PARTS = 8;

    /** How many rows lie side by side when they are scaled; oneDNN is slow where a row is a few vectors long. */
    private static final int REPETITIONS = 64;

    private final Step.Normalization step;
    private TrainingBuilder builder;
    private Rows rows;
    private Statistics statistics;

    NormalizationForm(Step.Normalization step) {
        this.step = step;
    }

    /** How feature maps are cut. */
    private static final class Rows {
        private final int channels;
        private final long voxels;
        private final int width;
        private final List<Slab> parts;

        Rows(FeatureShape maps) {
            channels = maps.channels();
            voxels = maps.shape().voxels();
            int together = 1;
            for (int n = 1; n <= VECTOR && together == 1; n *= 2) {
                if (channels * n % VECTOR == 0 && voxels % n == 0) {
                    together = n;
                }
            }
            width = together * channels;
            int count = Math.toIntExact(voxels / together);
            int most = Math.max(1, Math.min(PART_ROWS, PART_NUMBERS / width) / REPETITIONS * REPETITIONS);
            int about = Math.max(REPETITIONS, (count / PARTS + REPETITIONS - 1) / REPETITIONS * REPETITIONS);
            parts = Slab.of(count, Math.min(most, about));
        }

        /** How many rows lie side by side in a part of so many. */
        static int repetitions(int rows) {
            int repeated = REPETITIONS;
            while (rows % repeated != 0) {
                repeated /= 2;
            }
            return repeated;
        }
    }

    /** Numbers of each channel, by place of a row as oneDNN reads them, and of each part. */
    private final class Statistics {
        private final double[] mean = new double[rows.channels];
        private final double[] scale = new double[rows.channels];
        private final float[] factor = new float[rows.channels];
        private final double[] alongFilters = new double[rows.channels];
        private final Region means = perPlace(1);
        private final Region variances = perPlace(1);
        private final Region factors = perPlace(1);
        private final Region slopes = perPlace(REPETITIONS);
        private final Region offsets = perPlace(REPETITIONS);
        private final Region firsts = perPlace(rows.parts.size());
        private final Region seconds = perPlace(rows.parts.size());

        private Region perPlace(int rowsOfNumbers) {
            return builder.region((long) rowsOfNumbers * rows.width * Float.BYTES);
        }

        void use() {
            List.of(means, variances, factors, slopes, offsets, firsts, seconds).forEach(builder::use);
        }

        Place first(int part) {
            return firsts.at((long) part * rows.width * Float.BYTES);
        }

        Place second(int part) {
            return seconds.at((long) part * rows.width * Float.BYTES);
        }

        private float[] read(Region region) {
            float[] numbers = new float[rows.parts.size() * rows.width];
            Floats.get(region.address(), numbers, 0, numbers.length);
            return numbers;
        }

        private void write(Region region, int rowsOfNumbers, IntToDoubleFunction ofChannel) {
            float[] numbers = new float[rowsOfNumbers * rows.width];
            for (int i = 0; i < numbers.length; i++) {
                numbers[i] = (float) ofChannel.applyAsDouble(i % rows.channels);
            }
            Floats.put(region.address(), numbers, 0, numbers.length);
        }

        /**
         * Merges means and variances of parts (Chan, Golub, LeVeque: Updating Formulae and a Pairwise Algorithm for
         * Computing Sample Variances, 1979).
         */
        void mergeStatistics() {
            float[] partMeans = read(firsts);
            float[] partVariances = read(seconds);
            double[] spread = new double[rows.channels];
            double[] count = new double[rows.channels];
            Arrays.fill(mean, 0);
            for (int i = 0; i < partMeans.length; i++) {
                int c = i % rows.channels;
                double added = rows.parts.get(i / rows.width).size();
                double difference = partMeans[i] - mean[c];
                double sum = count[c] + added;
                mean[c] += difference * added / sum;
                spread[c] += added * partVariances[i] + difference * difference * count[c] * added / sum;
                count[c] = sum;
            }
            float[] dropout = builder.run().dropout(step.output());
            for (int c = 0; c < rows.channels; c++) {
                factor[c] = dropout == null ? 1 : dropout[c];
                scale[c] = 1 / Math.sqrt(spread[c] / count[c] + step.epsilon());
            }
            write(means, 1, c -> mean[c]);
            write(variances, 1, c -> spread[c] / count[c]);
            write(factors, 1, c -> factor[c]);
            write(slopes, REPETITIONS, c -> factor[c] * scale[c]);
            write(offsets, REPETITIONS, c -> -mean[c] * factor[c] * scale[c]);
        }

        /** Merges the sums of parts, of g·(x - m)·r and of g, and writes b and c. */
        void mergeSums() {
            double[] products = new double[rows.channels];
            double[] gradients = new double[rows.channels];
            float[] partProducts = read(firsts);
            float[] partGradients = read(seconds);
            for (int i = 0; i < partProducts.length; i++) {
                products[i % rows.channels] += partProducts[i];
                gradients[i % rows.channels] += partGradients[i];
            }
            for (int c = 0; c < rows.channels; c++) {
                alongFilters[c] = factor[c] * step.epsilon() * scale[c] * scale[c] * products[c];
            }
            double n = rows.voxels;
            write(slopes, REPETITIONS, c -> -factor[c] * scale[c] * scale[c] * products[c] / n);
            write(
                    offsets,
                    REPETITIONS,
                    c -> factor[c] * scale[c] * (mean[c] * scale[c] * products[c] - gradients[c]) / n);
        }
    }

    private Place part(Region region, Slab part) {
        return part(region, part, builder.type());
    }

    private Place part(Region region, Slab part, memory.data_type type) {
        return region.at((long) part.from() * rows.width * OneDnn.bytes(type));
    }

    @Override
    public void forward(TrainingBuilder into) {
        builder = into;
        rows = new Rows(builder.maps(step.input()));
        Phase measuring = builder.phase(step.output() + " statistics");
        statistics = new Statistics();
        memory.data_type type = builder.computedType(step.input());
        Place discarded = builder.perWorker(partBytes(type));
        Region input = builder.value(step.input(), type);
        for (int i = 0; i < rows.parts.size(); i++) {
            Slab part = rows.parts.get(i);
            measuring.task(builder.call(
                    statisticsKernel(part.size(), type),
                    part(input, part, type),
                    discarded,
                    statistics.first(i),
                    statistics.second(i)));
        }
        scale().before(statistics::mergeStatistics);
    }

    /** The statistics, which are kept, are not overwritten before the step's own way back. */
    @Override
    public void again(TrainingBuilder into) {
        scale();
    }

    private Phase scale() {
        Phase scaling = builder.phase(step.output());
        statistics.use();
        memory.data_type type = builder.computedType(step.input());
        Region input = builder.value(step.input(), type);
        Region output = builder.define(step.output());
        boolean residual = step.residual() != null;
        // oneDNN is slow where the types of one kernel differ, so that what is not in the input's is turned part by
        // part.
        boolean turned = type != builder.type();
        Place result = turned ? builder.perWorker(partBytes(type)) : null;
        Place addend = turned && residual ? builder.perWorker(partBytes(type)) : null;
        for (Slab part : rows.parts) {
            List<Phase.Task> calls = new ArrayList<>();
            List<Place> places = new ArrayList<>(
                    List.of(part(input, part, type), statistics.slopes.at(0), statistics.offsets.at(0)));
            places.add(turned ? result : part(output, part));
            if (residual) {
                Place given = part(builder.value(step.residual()), part);
                places.add(turned ? addend : given);
                if (turned) {
                    calls.add(turn(part, builder.type(), given, type, addend));
                }
            }
            calls.add(builder.call(
                    scalingKernel(part.size(), type, residual, step.relu(), false), places.toArray(Place[]::new)));
            if (turned) {
                calls.add(turn(part, type, result, builder.type(), part(output, part)));
            }
            scaling.task(TrainingBuilder.inTurn(calls));
        }
        return scaling;
    }

    private Phase.Task turn(Slab part, memory.data_type type, Place from, memory.data_type other, Place to) {
        return builder.call(Flat.convert(builder, type, other, (long) part.size() * rows.width), from, to);
    }

    private long partBytes(memory.data_type type) {
        return (long) rows.parts.get(0).size() * rows.width * OneDnn.bytes(type);
    }

    /** The input alone, which is a large part of what rounding does to a norm. */
    @Override
    public boolean readsAsComputed() {
        return true;
    }

    @Override
    public List<String> wanted() {
        return step.relu() ? List.of(step.input(), step.output()) : List.of(step.input());
    }

    @Override
    public void backward(TrainingBuilder into) {
        if (step.residual() != null) {
            if (step.relu()) {
                Flat.throughRelu(builder, step.output());
            }
            // Only read from now on, by this form's first phase; what is added to it comes later.
            Flat.pass(builder, step.output(), step.residual(), true);
        }
        Phase summing = builder.phase(step.output() + " backward sums");
        statistics.use();
        GradientPart target = new GradientPart(builder, step.input());
        Region input = builder.value(step.input());
        boolean relu = step.relu() && step.residual() == null;
        Place through = relu ? builder.perWorker(partBytes(builder.type())) : null;
        for (int i = 0; i < rows.parts.size(); i++) {
            Slab part = rows.parts.get(i);
            List<Phase.Task> calls = new ArrayList<>();
            Place gradient = part(builder.gradient(step.output()), part);
            if (relu) {
                Kernel mask = Flat.reluGradient(builder, (long) part.size() * rows.width);
                calls.add(builder.call(mask, part(builder.value(step.output()), part), gradient, through));
                gradient = through;
            }
            calls.add(builder.call(
                    sumsKernel(part.size()),
                    part(input, part),
                    statistics.means.at(0),
                    statistics.variances.at(0),
                    gradient,
                    statistics.factors.at(0),
                    part(target.region(), part),
                    statistics.first(i),
                    statistics.second(i)));
            summing.task(TrainingBuilder.inTurn(calls));
        }
        builder.alongFilters(step.input(), statistics.alongFilters);
        Phase scaling = builder.phase(step.output() + " backward");
        statistics.use();
        scaling.before(statistics::mergeSums);
        builder.value(step.input());
        for (Slab part : rows.parts) {
            scaling.task(builder.call(
                    scalingKernel(part.size(), builder.type(), false, false, true),
                    part(input, part),
                    statistics.slopes.at(0),
                    statistics.offsets.at(0),
                    part(target.region(), part)));
        }
        target.add();
    }

    private String key(String kind, int count) {
        return kind + " " + rows.width + " " + count + " " + step.epsilon();
    }

    private static memory.desc perPlace(int width) {
        return new memory.desc(new long[] {width}, memory.data_type.f32, memory.format_tag.a);
    }

    private batch_normalization_forward.primitive_desc forward(memory.desc layout, int flags) {
        return new batch_normalization_forward.primitive_desc(
                OneDnn.CPU,
                dnnl.prop_kind.forward_training.value,
                layout,
                layout,
                (float) step.epsilon(),
                flags,
                OneDnn.attributes(),
                false);
    }

    private Kernel statisticsKernel(int count, memory.data_type type) {
        return builder.kernel(key("statistics of " + type, count), () -> {
            memory.desc layout = OneDnn.rows(rows.width, count, type);
            batch_normalization_forward.primitive_desc description =
                    forward(layout, dnnl.normalization_flags.none.value);
            memory.desc place = perPlace(rows.width);
            return builder.make(
                    description,
                    new batch_normalization_forward(description),
                    new int[] {dnnl.DNNL_ARG_SRC, dnnl.DNNL_ARG_DST, dnnl.DNNL_ARG_MEAN, dnnl.DNNL_ARG_VARIANCE},
                    layout,
                    layout,
                    place,
                    place);
        });
    }

    private Kernel sumsKernel(int count) {
        return builder.kernel(key("sums", count), () -> {
            memory.desc layout = OneDnn.rows(rows.width, count, builder.type());
            memory.desc place = perPlace(rows.width);
            int flags = dnnl.normalization_flags.use_global_stats.value
                    | dnnl.normalization_flags.use_scale.value
                    | dnnl.normalization_flags.use_shift.value;
            batch_normalization_backward.primitive_desc description = new batch_normalization_backward.primitive_desc(
                    OneDnn.CPU,
                    dnnl.prop_kind.backward.value,
                    layout,
                    layout,
                    layout,
                    (float) step.epsilon(),
                    flags,
                    forward(layout, flags),
                    OneDnn.attributes(),
                    false);
            int[] roles = {
                dnnl.DNNL_ARG_SRC,
                dnnl.DNNL_ARG_MEAN,
                dnnl.DNNL_ARG_VARIANCE,
                dnnl.DNNL_ARG_DIFF_DST,
                dnnl.DNNL_ARG_SCALE,
                dnnl.DNNL_ARG_DIFF_SRC,
                dnnl.DNNL_ARG_DIFF_SCALE,
                dnnl.DNNL_ARG_DIFF_SHIFT
            };
            return builder.make(
                    description,
                    new batch_normalization_backward(description),
                    roles,
                    layout,
                    place,
                    place,
                    layout,
                    place,
                    layout,
                    place,
                    place);
        });
    }

    /** Input, factor and addend of each place, output, residual: scales, shifts, adds the residual or the output, clips. */
    private Kernel scalingKernel(int count, memory.data_type type, boolean residual, boolean relu, boolean adds) {
        String kind = "scaling " + type + (residual ? " residual" : "") + (relu ? " relu" : "") + (adds ? " sum" : "");
        return builder.kernel(key(kind, count), () -> {
            int repeated = Rows.repetitions(count);
            int width = repeated * rows.width;
            memory.desc layout = OneDnn.rows(width, count / repeated, type);
            memory.desc place = new memory.desc(new long[] {1, width, 1}, memory.data_type.f32, memory.format_tag.nwc);
            post_ops after = new post_ops();
            after.append_binary(dnnl.algorithm.binary_add, place);
            if (residual) {
                after.append_binary(dnnl.algorithm.binary_add, layout);
            }
            if (adds) {
                after.append_sum();
            }
            if (relu) {
                after.append_eltwise(dnnl.algorithm.eltwise_relu, 0, 0);
            }
            primitive_attr attributes = OneDnn.attributes();
            attributes.set_post_ops(after);
            binary.primitive_desc description = new binary.primitive_desc(
                    OneDnn.CPU, dnnl.algorithm.binary_mul, layout, place, layout, attributes, false);
            int[] roles = {dnnl.DNNL_ARG_SRC_0, dnnl.DNNL_ARG_SRC_1, operand(0), dnnl.DNNL_ARG_DST, operand(1)};
            memory.desc[] layouts = {layout, place, place, layout, layout};
            int arguments = residual ? 5 : 4;
            return builder.make(
                    description,
                    new binary(description),
                    Arrays.copyOf(roles, arguments),
                    Arrays.copyOf(layouts, arguments));
        });
    }

    private static int operand(int postOperation) {
        return dnnl.DNNL_ARG_ATTR_MULTIPLE_POST_OP_BASE * (postOperation + 1) | dnnl.DNNL_ARG_SRC_1;
    }
}
