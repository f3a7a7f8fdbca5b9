// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.concat;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.memory_desc_vector;
import org.efficientsegnet.nn.onednn.Kernel.Argument;
import org.efficientsegnet.nn.onednn.Slabs.Slab;
import org.efficientsegnet.nn.plan.PlanShapes.FeatureShape;
import org.efficientsegnet.nn.plan.Step;

/** Channels of one after those of the other. */
final class ConcatenationLowering {

    private static final int CHANNEL_AXIS = 1;

    private final Step.Concatenation step;
    private final ProgramBuilder program;
    private final FeatureShape out;

    ConcatenationLowering(Step.Concatenation step, ProgramBuilder program) {
        this.step = step;
        this.program = program;
        this.out = program.maps(step.output());
    }

    void lower() {
        long nanos = program.nanos(0, 2 * out.elements());
        List<List<Call>> tasks = new ArrayList<>();
        for (Slab slab : Slabs.cut(out.shape().voxels(), 1, nanos)) {
            Kernel kernel = program.kernel(List.of(step.output(), slab.extent()), () -> kernel(slab.extent()));
            Place[] places = new Place[step.inputs().size() + 1];
            for (int i = 0; i < step.inputs().size(); i++) {
                places[i] = place(step.inputs().get(i), slab);
            }
            places[places.length - 1] = place(step.output(), slab);
            tasks.add(List.of(program.call(kernel, places)));
        }
        program.job(tasks, nanos);
    }

    private Place place(String value, Slab slab) {
        return program.value(value, slab.first() * program.maps(value).channels() * OneDnn.bytes(program.type()));
    }

    private Kernel kernel(long voxels) {
        memory_desc_vector layouts = new memory_desc_vector();
        List<Argument> arguments = new ArrayList<>();
        for (int i = 0; i < step.inputs().size(); i++) {
            memory.desc layout = OneDnn.rows(program.maps(step.inputs().get(i)).channels(), voxels, program.type());
            layouts.push_back(layout);
            arguments.add(new Argument(dnnl.DNNL_ARG_MULTIPLE_SRC + i, layout));
        }
        memory.desc target = OneDnn.rows(out.channels(), voxels, program.type());
        arguments.add(new Argument(dnnl.DNNL_ARG_DST, target));
        concat.primitive_desc description =
                new concat.primitive_desc(OneDnn.CPU, target, CHANNEL_AXIS, layouts, OneDnn.attributes(), false);
        return program.kernel(description, new concat(description), arguments.toArray(Argument[]::new));
    }
}
