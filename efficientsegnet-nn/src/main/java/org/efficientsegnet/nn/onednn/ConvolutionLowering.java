// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.dnnl.convolution_forward;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.primitive_attr;
import org.bytedeco.dnnl.reorder;
import org.efficientsegnet.nn.onednn.Kernel.Argument;
import org.efficientsegnet.nn.onednn.Slabs.Slab;
import org.efficientsegnet.nn.onednn.Slabs.Window;
import org.efficientsegnet.nn.plan.PlanShapes.FeatureShape;
import org.efficientsegnet.nn.plan.Step;
import org.efficientsegnet.volume.Shape;

/**
 * Convolutions as one primitive a slab of slices, unless {@link WinogradLowering} takes fewer multiplications. A slab reads
 * the slices beside it too, which nobody has to exchange. Whatever normalises the output finds its statistics made.
 *
 * <p>Eight output channels fill half of a vector register. Two neighbours along x with eight channels each lie in memory
 * as one voxel with sixteen, so such a convolution is computed as one with sixteen channels, stride 2 along x, and a
 * kernel that is one longer, each half of its channels shifted against the other: of 4 steps 3 are of use instead of
 * every second one.
 */
final class ConvolutionLowering {

    private static final int HALF_VECTOR = 8;

    /** A scale for each number along the weight's first axis. */
    private static final int EACH_OUTPUT_CHANNEL = 1;

    /** From so many output channels on, tasks may be smaller than a slice. */
    private static final int MANY_CHANNELS = 128;

    private static final int LEAST_ROWS = 3;

    /** What the cache of a core holds beside what a convolution reads. */
    private static final long CACHED_BYTES = 1 << 19;

    private final Step.Convolution step;
    private final ProgramBuilder program;
    private final FeatureShape in;
    private final FeatureShape out;
    private final Shape extent;
    /** How many neighbours along x are computed as one voxel. */
    private final int together;
    /** Whether it is computed in 8 bits. */
    private final boolean quantized;

    private final Map<List<Window>, Kernel> kernels = new HashMap<>();
    /** The buffer for copied rows; -1 if there are none. */
    private int copies = -1;

    private memory weights;
    /** How much a level of a product is worth, for each output channel; null if not in 8 bits. */
    private memory units;

    ConvolutionLowering(Step.Convolution step, ProgramBuilder program) {
        this.step = step;
        this.program = program;
        this.in = program.maps(step.input());
        this.out = program.maps(step.output());
        this.extent = step.kernel();
        this.together = isPaired(step, out) ? 2 : 1;
        this.quantized = program.quantization().isQuantized(step);
    }

    static void lower(Step.Convolution step, ProgramBuilder program) {
        if (!program.quantization().isQuantized(step) && WinogradLowering.suits(step, program)) {
            new WinogradLowering(step, program).lower();
        } else {
            new ConvolutionLowering(step, program).lower();
        }
    }

    /** Whether two neighbours are computed as one voxel. */
    static boolean isPaired(Step.Convolution step, FeatureShape out) {
        return out.channels() == HALF_VECTOR
                && step.stride() == 1
                && !step.depthwise()
                && step.kernel().x() > 1
                && out.shape().x() % 2 == 0;
    }

    private void lower() {
        Statistics statistics = program.wanted(step.output());
        // Of 8-bit numbers twice as many are multiplied at once.
        double flops = quantized ? program.flops(step) / 2 : program.flops(step);
        long nanos = program.nanos(flops, in.elements() + out.elements());
        List<Slab> slabs = Slabs.cut(out.shape().z(), 1, nanos);
        List<Slab> parts = parts(slabs, nanos);
        List<List<Call>> tasks = new ArrayList<>();
        for (Slab slab : slabs) {
            for (Slab rows : parts) {
                tasks.add(task(
                        parts.size() > 1 ? List.of(new Piece(slab, rows)) : pieces(slab, statistics != null),
                        statistics));
            }
        }
        program.job(tasks, nanos);
    }

    /**
     * The rows of each slab's tasks: all of them, unless slabs are single slices that still take long. Rows of several
     * slices are copied first, which pays where each of them is read for many output channels.
     */
    private List<Slab> parts(List<Slab> slabs, long nanos) {
        long height = out.shape().y();
        boolean divided = slabs.size() == out.shape().z() && out.channels() >= MANY_CHANNELS;
        long parts = divided ? Slabs.parts(nanos / slabs.size(), height / LEAST_ROWS) : 1;
        return Slabs.cut(new Slab(0, height), (height + parts - 1) / parts);
    }

    private List<Call> task(List<Piece> pieces, Statistics statistics) {
        List<Call> calls = new ArrayList<>();
        Statistics.Part part = statistics == null ? null : statistics.part();
        for (Piece piece : pieces) {
            calls.addAll(calls(piece));
            if (part != null) {
                long width = out.shape().x();
                long row =
                        piece.slices().first() * out.shape().y() + piece.rows().first();
                long rows = piece.slices().extent() * piece.rows().extent();
                calls.addAll(part.of(row * width, rows * width));
            }
        }
        return calls;
    }

    /** Voxels that lie one after the other: whole slices, or some rows of one. */
    private record Piece(Slab slices, Slab rows) {}

    /** What is computed at a time: all of a slab, or as much as is in the cache still when its statistics are taken. */
    private List<Piece> pieces(Slab slab, boolean normalized) {
        Slab all = new Slab(0, out.shape().y());
        if (!normalized) {
            return List.of(new Piece(slab, all));
        }
        long sliceBytes = out.elements() / out.shape().z() * OneDnn.bytes(program.type());
        // Rows beside those that are computed lie in one piece of memory with them only if they are of one slice.
        boolean byRows = extent.z() == 1 && step.stride() == 1;
        long parts = byRows ? Math.min(out.shape().y(), (sliceBytes + CACHED_BYTES - 1) / CACHED_BYTES) : 1;
        long together = parts > 1 ? 1 : Math.max(1, Math.min(slab.extent(), CACHED_BYTES / sliceBytes));
        List<Piece> pieces = new ArrayList<>();
        for (Slab slices : Slabs.cut(slab, together)) {
            for (Slab rows : Slabs.cut(all, (all.extent() + parts - 1) / parts)) {
                pieces.add(new Piece(slices, rows));
            }
        }
        return pieces;
    }

    private List<Call> calls(Piece piece) {
        Slab slices = piece.slices();
        Slab rows = piece.rows();
        int stride = step.stride();
        Window z = Window.of(
                slices.first(),
                slices.extent(),
                extent.z(),
                stride,
                extent.z() / 2,
                in.shape().z());
        int padding = extent.y() / 2;
        // Of several slices always whole ones, also if a stride leaves their last row out: they lie one after the
        // other.
        Window y = rows.extent() == out.shape().y()
                ? new Window(0, in.shape().y(), padding, padding)
                : Window.of(
                        rows.first(),
                        rows.extent(),
                        extent.y(),
                        stride,
                        padding,
                        in.shape().y());
        Kernel kernel = kernels.computeIfAbsent(
                List.of(z.withoutFirst(), y.withoutFirst()), form -> kernel(slices.extent(), rows.extent(), z, y));
        Place from = quantized
                ? program.quantizedRows(step.input(), z.first(), y.first())
                : program.rows(step.input(), z.first(), y.first());
        Place to = program.rows(step.output(), slices.first(), rows.first());
        if (z.extent() == 1 || y.extent() == in.shape().y()) {
            return List.of(program.call(kernel, from, to));
        }
        Kernel copying = program.kernel(
                List.of("rows of slices", in, quantized, z.extent(), y.extent()),
                () -> copying(z.extent(), y.extent()));
        long row = (long) in.shape().x() * in.channels() * (quantized ? 1 : OneDnn.bytes(program.type()));
        Place copied = copied(row * z.extent() * y.extent());
        return List.of(program.call(copying, from, copied), program.call(kernel, copied, to));
    }

    /** Where a worker's copy of rows of slices lies. */
    private Place copied(long bytes) {
        if (copies < 0) {
            copies = program.workerBuffer(bytes);
        } else {
            program.enlarge(copies, bytes);
        }
        return new Place(copies, 0);
    }

    /** Some rows of slices, one after the other. */
    private Kernel copying(int slices, int rows) {
        FeatureShape part = new FeatureShape(
                in.channels(), new Shape(slices, rows, in.shape().x()));
        memory.data_type type = quantized ? memory.data_type.u8 : program.type();
        long row = (long) in.shape().x() * in.channels();
        long slice = row * in.shape().y();
        memory.desc scattered = new memory.desc(
                OneDnn.dimensions(part), type, new long[] {slice * slices, 1, slice, row, in.channels()});
        memory.desc dense = OneDnn.channelsLast(part, type);
        reorder.primitive_desc description =
                new reorder.primitive_desc(OneDnn.CPU, scattered, OneDnn.CPU, dense, OneDnn.attributes(), false);
        return program.kernel(
                description,
                new reorder(description),
                new Argument(dnnl.DNNL_ARG_FROM, scattered),
                new Argument(dnnl.DNNL_ARG_TO, dense));
    }

    private Kernel kernel(long slices, long rows, Window z, Window y) {
        memory.desc source = OneDnn.channelsLast(
                new FeatureShape(
                        in.channels(),
                        new Shape(z.extent(), y.extent(), in.shape().x())),
                quantized ? memory.data_type.u8 : program.type());
        Shape halved = new Shape((int) slices, (int) rows, out.shape().x() / together);
        memory.desc target = OneDnn.channelsLast(new FeatureShape(together * out.channels(), halved), program.type());
        convolution_forward.primitive_desc description = describe(source, target, z, y);
        List<Argument> arguments = new ArrayList<>(List.of(
                new Argument(dnnl.DNNL_ARG_SRC, source),
                new Argument(dnnl.DNNL_ARG_WEIGHTS, weights),
                new Argument(dnnl.DNNL_ARG_DST, target)));
        if (quantized) {
            arguments.add(new Argument(dnnl.DNNL_ARG_ATTR_SCALES | dnnl.DNNL_ARG_WEIGHTS, units));
        }
        return program.kernel(description, new convolution_forward(description), arguments.toArray(Argument[]::new));
    }

    /** A primitive for the weights as they are packed, if it is a fast one; else the weights are packed again for it. */
    private convolution_forward.primitive_desc describe(memory.desc source, memory.desc target, Window z, Window y) {
        if (weights != null) {
            convolution_forward.primitive_desc same = describe(source, weights.get_desc(), target, z, y);
            if (!same.isNull() && !OneDnn.isReference(same)) {
                return same;
            }
        }
        memory.data_type type = quantized ? memory.data_type.s8 : program.type();
        memory.desc any = new memory.desc(dimensions(), type, memory.format_tag.any);
        convolution_forward.primitive_desc description = describe(source, any, target, z, y);
        memory.desc plain = new memory.desc(
                dimensions(),
                memory.data_type.f32,
                step.depthwise() ? memory.format_tag.goidhw : memory.format_tag.oidhw);
        if (quantized) {
            quantize(plain, description.weights_desc());
            return description;
        }
        weights = together == 1
                ? program.weights().get(step.weight(), plain, description.weights_desc())
                : program.weights()
                        .get(
                                step.weight() + "/pairs",
                                twice(program.weights().tensor(step.weight()).values(), extent.x()),
                                plain,
                                description.weights_desc());
        return description;
    }

    private void quantize(memory.desc plain, memory.desc wished) {
        float[] weight = program.weights().tensor(step.weight()).values();
        float[] weightUnits = Quantization.weightUnits(weight, step.channels());
        float[] levels = Quantization.weightLevels(weight, weightUnits);
        weights = program.weights()
                .get(step.weight() + "/levels", together == 1 ? levels : twice(levels, extent.x()), plain, wished);
        float[] products = new float[together * step.channels()];
        for (int i = 0; i < products.length; i++) {
            products[i] =
                    weightUnits[i % step.channels()] * program.quantization().unit(step.input());
        }
        memory.desc perChannel =
                new memory.desc(new long[] {products.length}, memory.data_type.f32, memory.format_tag.a);
        units = program.weights().get(step.weight() + "/units", products, perChannel, perChannel);
    }

    private long[] dimensions() {
        return step.depthwise()
                // As many groups as channels, of one channel each.
                ? new long[] {step.channels(), 1, 1, extent.z(), extent.y(), extent.x()}
                : new long[] {
                    (long) together * step.channels(), in.channels(), extent.z(), extent.y(), extent.x() + together - 1L
                };
    }

    /** The kernel for the left voxel of a pair, then, one to the right, that for the right voxel. */
    static float[] twice(float[] weight, int width) {
        int rows = weight.length / width;
        float[] twice = new float[2 * rows * (width + 1)];
        for (int row = 0; row < rows; row++) {
            int left = row * (width + 1);
            int right = (rows + row) * (width + 1) + 1;
            System.arraycopy(weight, row * width, twice, left, width);
            System.arraycopy(weight, row * width, twice, right, width);
        }
        return twice;
    }

    private convolution_forward.primitive_desc describe(
            memory.desc source, memory.desc weight, memory.desc target, Window z, Window y) {
        primitive_attr attributes = OneDnn.attributes();
        if (quantized) {
            attributes.set_scales_mask(dnnl.DNNL_ARG_WEIGHTS, EACH_OUTPUT_CHANNEL);
        }
        return new convolution_forward.primitive_desc(
                OneDnn.CPU,
                dnnl.prop_kind.forward_inference,
                dnnl.algorithm.convolution_direct,
                source,
                weight,
                target,
                new long[] {step.stride(), step.stride(), (long) step.stride() * together},
                new long[] {z.before(), y.before(), extent.x() / 2},
                new long[] {z.after(), y.after(), extent.x() / 2},
                attributes,
                true);
    }
}
