// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.reorder;
import org.efficientsegnet.nn.onednn.Kernel.Argument;
import org.efficientsegnet.nn.onednn.Slabs.Slab;
import org.efficientsegnet.nn.plan.PlanShapes.FeatureShape;

/** The caller's input, 32-bit, channel after channel, becomes the plan's first value. */
final class ArrivalLowering {

    private final String input;
    private final ProgramBuilder program;
    private final FeatureShape maps;

    ArrivalLowering(String input, ProgramBuilder program) {
        this.input = input;
        this.program = program;
        this.maps = program.maps(input);
    }

    void lower() {
        int channels = maps.channels();
        long voxels = maps.shape().voxels();
        boolean same = channels == 1 && program.type() == memory.data_type.f32;
        long nanos = program.nanos(0, 2 * maps.elements());
        List<Slab> slabs = Slabs.cut(voxels, 1, nanos);
        long most = slabs.get(0).extent() * channels * Float.BYTES;
        Place arrived = same ? null : new Place(program.workerBuffer(most), 0);
        List<List<Call>> tasks = new ArrayList<>();
        for (Slab slab : slabs) {
            Place to = program.value(input, slab.first() * channels * OneDnn.bytes(program.type()));
            CallerArrays.Read read =
                    program.caller().read(same ? to : arrived, slab.first(), slab.extent(), channels, voxels);
            if (same) {
                tasks.add(List.of(read));
            } else {
                Kernel kernel = program.kernel(List.of("arrival", slab.extent()), () -> kernel(slab.extent()));
                tasks.add(List.of(read, program.call(kernel, arrived, to)));
            }
        }
        program.job(tasks, nanos);
    }

    private Kernel kernel(long voxels) {
        memory.desc planar =
                new memory.desc(new long[] {1, maps.channels(), voxels}, memory.data_type.f32, memory.format_tag.ncw);
        memory.desc last = OneDnn.rows(maps.channels(), voxels, program.type());
        reorder.primitive_desc description =
                new reorder.primitive_desc(OneDnn.CPU, planar, OneDnn.CPU, last, OneDnn.attributes(), false);
        return program.kernel(
                description,
                new reorder(description),
                new Argument(dnnl.DNNL_ARG_FROM, planar),
                new Argument(dnnl.DNNL_ARG_TO, last));
    }
}
