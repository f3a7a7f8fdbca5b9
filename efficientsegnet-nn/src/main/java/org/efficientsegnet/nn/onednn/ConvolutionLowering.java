// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.dnnl.convolution_forward;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
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

    /** What the cache of a core holds beside what a convolution reads. */
    private static final long CACHED_BYTES = 1 << 19;

    private final Step.Convolution step;
    private final ProgramBuilder program;
    private final FeatureShape in;
    private final FeatureShape out;
    private final Shape extent;
    /** How many neighbours along x are computed as one voxel. */
    private final int together;

    private final Map<List<Window>, Kernel> kernels = new HashMap<>();
    private memory weights;

    ConvolutionLowering(Step.Convolution step, ProgramBuilder program) {
        this.step = step;
        this.program = program;
        this.in = program.maps(step.input());
        this.out = program.maps(step.output());
        this.extent = step.kernel();
        this.together = isPaired(step, out) ? 2 : 1;
    }

    static void lower(Step.Convolution step, ProgramBuilder program) {
        if (WinogradLowering.suits(step, program)) {
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
        long nanos = program.nanos(program.flops(step), in.elements() + out.elements());
        List<List<Call>> tasks = new ArrayList<>();
        for (Slab slab : Slabs.cut(out.shape().z(), 1, nanos)) {
            List<Call> calls = new ArrayList<>();
            for (Piece piece : pieces(slab, statistics != null)) {
                calls.add(call(piece));
                if (statistics != null) {
                    long width = out.shape().x();
                    long row = piece.slices().first() * out.shape().y()
                            + piece.rows().first();
                    long rows = piece.slices().extent() * piece.rows().extent();
                    calls.addAll(statistics.of(row * width, rows * width));
                }
            }
            tasks.add(calls);
        }
        program.job(tasks, nanos);
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

    private Call call(Piece piece) {
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
        return program.call(
                kernel,
                program.rows(step.input(), z.first(), y.first()),
                program.rows(step.output(), slices.first(), rows.first()));
    }

    private Kernel kernel(long slices, long rows, Window z, Window y) {
        memory.desc source = OneDnn.channelsLast(
                new FeatureShape(
                        in.channels(),
                        new Shape(z.extent(), y.extent(), in.shape().x())),
                program.type());
        Shape halved = new Shape((int) slices, (int) rows, out.shape().x() / together);
        memory.desc target = OneDnn.channelsLast(new FeatureShape(together * out.channels(), halved), program.type());
        convolution_forward.primitive_desc description = describe(source, target, z, y);
        return program.kernel(
                description,
                new convolution_forward(description),
                new Argument(dnnl.DNNL_ARG_SRC, source),
                new Argument(dnnl.DNNL_ARG_WEIGHTS, weights),
                new Argument(dnnl.DNNL_ARG_DST, target));
    }

    /** A primitive for the weights as they are packed, if it is a fast one; else the weights are packed again for it. */
    private convolution_forward.primitive_desc describe(memory.desc source, memory.desc target, Window z, Window y) {
        if (weights != null) {
            convolution_forward.primitive_desc same = describe(source, weights.get_desc(), target, z, y);
            if (!same.isNull() && !OneDnn.isReference(same)) {
                return same;
            }
        }
        memory.desc any = new memory.desc(dimensions(), program.type(), memory.format_tag.any);
        convolution_forward.primitive_desc description = describe(source, any, target, z, y);
        memory.desc plain = new memory.desc(
                dimensions(),
                memory.data_type.f32,
                step.depthwise() ? memory.format_tag.goidhw : memory.format_tag.oidhw);
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
                OneDnn.attributes(),
                true);
    }
}
