// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn.training;

/** A part of the gradient by a value that a form computes as a whole: the first one, or memory that is added to it. */
final class GradientPart {

    private final TrainingBuilder builder;
    private final String value;
    private final boolean first;
    private final Region region;

    /** Takes memory, used by the present phase. */
    GradientPart(TrainingBuilder builder, String value) {
        this.builder = builder;
        this.value = value;
        this.first = !builder.hasGradient(value);
        this.region = first
                ? builder.defineGradient(value)
                : builder.region(builder.maps(value).elements() * builder.typeBytes());
    }

    /** Where the part is written. */
    Region region() {
        return region;
    }

    /** After the phases that write it: adds it to what was there. */
    void add() {
        if (first) {
            return;
        }
        Phase phase = builder.phase(value + " sum");
        Region sum = builder.gradient(value);
        Flat.tasks(
                builder,
                phase,
                builder.maps(value).elements(),
                size -> Flat.add(builder, builder.type(), size),
                sum,
                builder.use(region),
                sum);
    }
}
