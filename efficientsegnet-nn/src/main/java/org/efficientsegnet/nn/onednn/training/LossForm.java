// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn.training;

/** The loss and its gradient by the logits, which is written over them; a part of the voxels of one channel a task. */
final class LossForm {

    private LossForm() {}

    static void lower(TrainingLoss loss, TrainingBuilder builder) {
        String logits = builder.plan().logits().output();
        Phase measuring = builder.phase("loss");
        Region region = builder.value(logits);
        measuring.before(() -> loss.begin(builder.run()));
        float[][] numbers = new float[builder.workers()][TrainingLoss.PART_VOXELS];
        for (TrainingLoss.Part part : loss.parts()) {
            measuring.task(worker -> {
                long address = region.address() + loss.offset(part) * Float.BYTES;
                Floats.get(address, numbers[worker], 0, part.size());
                loss.measure(part, numbers[worker]);
                Floats.put(address, numbers[worker], 0, part.size());
            });
        }
        Phase differentiating = builder.phase("loss backward");
        builder.handOver(region, logits);
        differentiating.before(() -> builder.run().loss(loss.value()));
        for (TrainingLoss.Part part : loss.parts()) {
            differentiating.task(worker -> {
                long address = region.address() + loss.offset(part) * Float.BYTES;
                Floats.get(address, numbers[worker], 0, part.size());
                loss.differentiate(part, numbers[worker]);
                Floats.put(address, numbers[worker], 0, part.size());
            });
        }
    }
}
