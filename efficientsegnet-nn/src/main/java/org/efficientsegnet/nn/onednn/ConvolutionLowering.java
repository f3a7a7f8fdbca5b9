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
import org.efficientsegnet.nn.plan.PlanShapes.Maps;
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

    private final Step.Convolution step;
    private final ProgramBuilder program;
    private final Maps in;
    private final Maps out;
    private final Shape extent;
    /** How many neighbours along x are computed as one voxel. */
    private final int together;

    private final Map<List<Integer>, Kernel> kernels = new HashMap<>();
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
    static boolean isPaired(Step.Convolution step, Maps out) {
        return out.channels() == HALF_VECTOR
                && step.stride() == 1
                && !step.depthwise()
                && step.kernel().x() > 1
                && out.shape().x() % 2 == 0;
    }

    private void lower() {
        Statistics statistics = program.wanted(step.output());
        long plane = (long) out.shape().y() * out.shape().x();
        long nanos = program.nanos(program.flops(step), in.elements() + out.elements());
        List<List<Call>> tasks = new ArrayList<>();
        for (Slab slab : Slabs.cut(out.shape().z(), 1, nanos)) {
            Window window = Window.of(
                    slab.first(),
                    slab.extent(),
                    extent.z(),
                    step.stride(),
                    extent.z() / 2,
                    in.shape().z());
            Kernel kernel = kernels.computeIfAbsent(
                    List.of(window.extent(), window.before(), window.after()),
                    form -> kernel((int) slab.extent(), window));
            List<Call> calls = new ArrayList<>();
            calls.add(program.call(
                    kernel, program.slices(step.input(), window.first()), program.slices(step.output(), slab.first())));
            if (statistics != null) {
                calls.addAll(statistics.of(slab.first() * plane, slab.extent() * plane));
            }
            tasks.add(calls);
        }
        program.job(tasks, nanos);
    }

    private Kernel kernel(int slices, Window window) {
        memory.desc source = program.layout(in, window.extent());
        Shape halved = new Shape(slices, out.shape().y(), out.shape().x() / together);
        memory.desc target = OneDnn.channelsLast(new Maps(together * out.channels(), halved), program.type());
        convolution_forward.primitive_desc description = describe(source, target, window);
        return program.kernel(
                description,
                new convolution_forward(description),
                new Argument(dnnl.DNNL_ARG_SRC, source),
                new Argument(dnnl.DNNL_ARG_WEIGHTS, weights),
                new Argument(dnnl.DNNL_ARG_DST, target));
    }

    /** A primitive for the weights as they are packed, if it is a fast one; else the weights are packed again for it. */
    private convolution_forward.primitive_desc describe(memory.desc source, memory.desc target, Window window) {
        if (weights != null) {
            convolution_forward.primitive_desc same = describe(source, weights.get_desc(), target, window);
            if (!same.isNull() && !OneDnn.isReference(same)) {
                return same;
            }
        }
        memory.desc any = new memory.desc(dimensions(), program.type(), memory.format_tag.any);
        convolution_forward.primitive_desc description = describe(source, any, target, window);
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
            memory.desc source, memory.desc weight, memory.desc target, Window window) {
        return new convolution_forward.primitive_desc(
                OneDnn.CPU,
                dnnl.prop_kind.forward_inference,
                dnnl.algorithm.convolution_direct,
                source,
                weight,
                target,
                new long[] {step.stride(), step.stride(), (long) step.stride() * together},
                new long[] {window.before(), extent.y() / 2, extent.x() / 2},
                new long[] {window.after(), extent.y() / 2, extent.x() / 2},
                OneDnn.attributes(),
                true);
    }
}
