// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn.training;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.dnnl.memory;
import org.efficientsegnet.nn.train.ParameterLayout.Parameter;

/**
 * The first phase: brings the weights, which every step of training changes, into the layouts and the type that
 * convolutions prefer.
 */
final class WeightPacking {

    private final TrainingBuilder builder;
    private final Map<String, List<Packed>> packed = new HashMap<>();
    private final Phase phase = new Phase("weights");
    private Place staging;

    private record Packed(memory.desc layout, Place place) {}

    WeightPacking(TrainingBuilder builder) {
        this.builder = builder;
    }

    /** The phase, which grows with every weight that is asked for. */
    Phase phase() {
        return phase;
    }

    /**
     * A weight in a layout.
     *
     * @param plain how it lies in the flat array, from its first element on
     * @param mirrored whether the kernel's voxels are in the opposite order
     * @param wished layout and type
     */
    Place get(String weight, memory.desc plain, boolean mirrored, memory.desc wished) {
        List<Packed> layouts = packed.computeIfAbsent(weight + (mirrored ? " mirrored" : ""), k -> new ArrayList<>());
        for (Packed known : layouts) {
            if (known.layout().equals(wished)) {
                return known.place();
            }
        }
        Parameter parameter = builder.parameter(weight);
        if (staging == null) {
            long most = builder.layout().parameters().stream()
                    .mapToLong(Parameter::size)
                    .max()
                    .orElse(0);
            Region[] each = new Region[builder.workers()];
            for (int worker = 0; worker < each.length; worker++) {
                each[worker] = builder.lasting(most * Float.BYTES);
            }
            staging = new Place(each, 0);
        }
        Place place = builder.lasting(wished.get_size()).at(0);
        Kernel reorder = builder.reorder("pack " + weight + layouts.size() + mirrored, plain, wished);
        Phase.Task call = builder.call(reorder, staging, place);
        phase.task(worker -> {
            stage(parameter, mirrored, worker);
            call.run(worker);
        });
        layouts.add(new Packed(builder.natives().keep(wished), place));
        return place;
    }

    private void stage(Parameter parameter, boolean mirrored, int worker) {
        float[] weights = builder.run().weights();
        long address = staging.address(worker);
        if (!mirrored) {
            Floats.put(address, weights, parameter.offset(), parameter.size());
            return;
        }
        int voxels = parameter.z() * parameter.y() * parameter.x();
        int matrix = parameter.size() / voxels;
        for (int voxel = 0; voxel < voxels; voxel++) {
            Floats.put(
                    address + (long) (voxels - 1 - voxel) * matrix * Float.BYTES,
                    weights,
                    parameter.offset() + voxel * matrix,
                    matrix);
        }
    }
}
