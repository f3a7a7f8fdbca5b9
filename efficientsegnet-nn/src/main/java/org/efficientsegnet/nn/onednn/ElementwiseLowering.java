// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.binary;
import org.bytedeco.dnnl.eltwise_forward;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.post_ops;
import org.bytedeco.dnnl.primitive_attr;
import org.efficientsegnet.nn.onednn.Kernel.Argument;
import org.efficientsegnet.nn.onednn.Slabs.Slab;
import org.efficientsegnet.nn.plan.PlanShapes.FeatureShape;
import org.efficientsegnet.nn.plan.Step;

/** Sums, ReLU and gates, voxel by voxel. */
final class ElementwiseLowering {

    private final ProgramBuilder program;
    private final FeatureShape maps;

    ElementwiseLowering(Step step, ProgramBuilder program) {
        this.program = program;
        this.maps = program.maps(step.output());
    }

    private interface Part {
        List<Call> of(memory.desc layout, long offset);
    }

    private void lower(int operands, Part part) {
        long nanos = program.nanos(0, operands * maps.elements());
        List<List<Call>> tasks = new ArrayList<>();
        for (Slab slab : Slabs.cut(maps.shape().voxels(), 1, nanos)) {
            memory.desc layout = OneDnn.rows(maps.channels(), slab.extent(), program.type());
            tasks.add(part.of(layout, slab.first() * maps.channels() * OneDnn.bytes(program.type())));
        }
        program.job(tasks, nanos);
    }

    void lower(Step.Sum step) {
        lower(
                3,
                (layout, offset) -> List.of(combine(
                        layout,
                        dnnl.algorithm.binary_add,
                        step.relu(),
                        program.value(step.first(), offset),
                        program.value(step.second(), offset),
                        program.value(step.output(), offset))));
    }

    void lower(Step.Relu step) {
        lower(
                2,
                (layout, offset) -> List.of(activate(
                        layout,
                        dnnl.algorithm.eltwise_relu,
                        program.value(step.input(), offset),
                        program.value(step.output(), offset))));
    }

    void lower(Step.Gate step) {
        lower(4, (layout, offset) -> {
            Place open = new Place(program.workerBuffer(layout.get_size()), 0);
            return List.of(
                    activate(layout, dnnl.algorithm.eltwise_logistic, program.value(step.gate(), offset), open),
                    combine(
                            layout,
                            dnnl.algorithm.binary_mul,
                            false,
                            program.value(step.input(), offset),
                            open,
                            program.value(step.output(), offset)));
        });
    }

    private Call combine(
            memory.desc layout, dnnl.algorithm operation, boolean relu, Place first, Place second, Place output) {
        Kernel kernel = program.kernel(List.of(operation, relu, rows(layout), maps.channels()), () -> {
            primitive_attr attributes = OneDnn.attributes();
            if (relu) {
                post_ops after = new post_ops();
                after.append_eltwise(dnnl.algorithm.eltwise_relu, 0, 0);
                attributes.set_post_ops(after);
            }
            binary.primitive_desc description =
                    new binary.primitive_desc(OneDnn.CPU, operation, layout, layout, layout, attributes, false);
            return program.kernel(
                    description,
                    new binary(description),
                    new Argument(dnnl.DNNL_ARG_SRC_0, layout),
                    new Argument(dnnl.DNNL_ARG_SRC_1, layout),
                    new Argument(dnnl.DNNL_ARG_DST, layout));
        });
        return program.call(kernel, first, second, output);
    }

    private Call activate(memory.desc layout, dnnl.algorithm function, Place input, Place output) {
        Kernel kernel = program.kernel(List.of(function, rows(layout), maps.channels()), () -> {
            eltwise_forward.primitive_desc description = new eltwise_forward.primitive_desc(
                    OneDnn.CPU,
                    dnnl.prop_kind.forward_inference,
                    function,
                    layout,
                    layout,
                    0,
                    0,
                    OneDnn.attributes(),
                    false);
            return program.kernel(
                    description,
                    new eltwise_forward(description),
                    new Argument(dnnl.DNNL_ARG_SRC, layout),
                    new Argument(dnnl.DNNL_ARG_DST, layout));
        });
        return program.call(kernel, input, output);
    }

    private static long rows(memory.desc layout) {
        return layout.get_dims().get(2);
    }
}
