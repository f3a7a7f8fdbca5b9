// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn.training;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.memory;
import org.efficientsegnet.nn.train.ParameterLayout.Parameter;

/**
 * The gradient by one weight as the sum of partial ones, 32-bit, in the order in which they were asked for. The sum is
 * taken while the next phase runs.
 */
final class WeightGradient {

    private final TrainingBuilder builder;
    private final Parameter parameter;
    private final memory.desc plain;
    private final List<Region> partials = new ArrayList<>();
    private final List<memory.desc> layouts = new ArrayList<>();

    /** @param plain how the gradient lies in the flat array, from the weight's first element on */
    WeightGradient(TrainingBuilder builder, Parameter parameter, memory.desc plain) {
        this.builder = builder;
        this.parameter = parameter;
        this.plain = plain;
    }

    /** Memory for the next partial gradient, which the present phase writes. */
    Region partial(memory.desc layout) {
        Region region = builder.region(layout.get_size());
        partials.add(region);
        layouts.add(layout);
        return region;
    }

    /** Adds the task that sums. */
    void reduceLater() {
        reduceLater(() -> {});
    }

    /** Adds the task that sums, and then does something with the sum in the flat array. */
    void reduceLater(Runnable then) {
        memory.desc first = layouts.get(0);
        long bytes = Math.max(first.get_size(), plain.get_size());
        List<Phase.Task> calls = new ArrayList<>();
        List<Region> used = new ArrayList<>(partials);
        Region turned = builder.region(bytes);
        used.add(turned);
        String name = parameter.name();
        Kernel add = Flat.add(builder, memory.data_type.f32, first.get_size() / Float.BYTES);
        Place sum = partials.get(0).at(0);
        for (int i = 1; i < partials.size(); i++) {
            Place addend = partials.get(i).at(0);
            // oneDNN may choose another layout for a slab at the border.
            if (!layouts.get(i).equals(first)) {
                Kernel alike = builder.reorder("partial " + i + " of " + name, layouts.get(i), first);
                calls.add(builder.call(alike, addend, turned.at(0)));
                addend = turned.at(0);
            }
            calls.add(builder.call(add, sum, addend, sum));
        }
        calls.add(builder.call(builder.reorder("gradient of " + name, first, plain), sum, turned.at(0)));
        Phase.Task reduction = TrainingBuilder.inTurn(calls);
        builder.later(used, worker -> {
            reduction.run(worker);
            Floats.get(turned.address(), builder.run().gradient(), parameter.offset(), parameter.size());
            then.run();
        });
    }
}
