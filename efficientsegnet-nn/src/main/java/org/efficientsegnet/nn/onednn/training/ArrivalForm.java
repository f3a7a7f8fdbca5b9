// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn.training;

import org.bytedeco.dnnl.memory;
import org.efficientsegnet.nn.onednn.OneDnn;
import org.efficientsegnet.nn.plan.PlanShapes.FeatureShape;

/** Brings the image to where the network reads it, in the type of feature maps. */
final class ArrivalForm {

    private ArrivalForm() {}

    static void arrive(TrainingBuilder builder) {
        String input = builder.plan().input();
        FeatureShape maps = builder.maps(input);
        Phase phase = builder.phase(input);
        Region arrived = builder.region(maps.elements() * Float.BYTES);
        memory.desc planar = new memory.desc(OneDnn.dimensions(maps), memory.data_type.f32, memory.format_tag.ncdhw);
        Kernel reorder = builder.reorder(input, planar, OneDnn.channelsLast(maps, builder.type()));
        Phase.Task call =
                builder.call(reorder, arrived.at(0), builder.define(input).at(0));
        phase.task(worker -> {
            float[] image = builder.run().image();
            Floats.put(arrived.address(), image, 0, image.length);
            call.run(worker);
        });
    }
}
