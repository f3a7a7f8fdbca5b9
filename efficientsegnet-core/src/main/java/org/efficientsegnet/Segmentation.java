// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet;

import java.time.Duration;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.efficientsegnet.metrics.OrganStatistics;
import org.efficientsegnet.spi.ModelIdentity;
import org.efficientsegnet.volume.Box;
import org.efficientsegnet.volume.LabelMap;

/**
 * What a run found: labels on the scan's own grid, and what is known about them. Immutable, if nobody writes to the
 * label array.
 *
 * @param labels one label a voxel, on the grid of the scan that was given
 * @param organs statistics of every label of the model in label order, organs that were not found among them
 * @param region the box of the scan that the fine network saw, on the scan's grid; empty if the coarse one found nothing
 * @param timings how long each stage took, in order
 * @param warnings what the reader should know
 * @param model which model was used
 * @param engine which engine ran the networks
 * @param precision the arithmetic of the networks
 */
public record Segmentation(
        LabelMap labels,
        List<OrganStatistics> organs,
        Optional<Box> region,
        Map<Stage, Duration> timings,
        List<SegmentationWarning> warnings,
        ModelIdentity model,
        String engine,
        Precision precision) {

    /** Copies the collections. */
    public Segmentation {
        organs = List.copyOf(organs);
        warnings = List.copyOf(warnings);
        Map<Stage, Duration> ordered = new EnumMap<>(Stage.class);
        ordered.putAll(timings);
        timings = Collections.unmodifiableMap(ordered);
    }

    /**
     * The statistics of one organ.
     *
     * @param name as the model calls it, {@code "liver"}
     * @throws IllegalArgumentException if the model has no such organ; the message lists those that it has
     */
    public OrganStatistics organ(String name) {
        return organs.stream().filter(o -> o.name().equals(name)).findFirst().orElseThrow(() -> {
            String known = organs.stream().map(OrganStatistics::name).collect(Collectors.joining(", "));
            return new IllegalArgumentException("the model knows no \"" + name + "\"; it knows " + known);
        });
    }

    /**
     * The same run with labels that were changed afterwards: kidneys told apart, organs left out.
     *
     * @param changed on the same grid
     * @param measured statistics of its labels
     */
    public Segmentation withLabels(LabelMap changed, List<OrganStatistics> measured) {
        return new Segmentation(changed, measured, region, timings, warnings, model, engine, precision);
    }

    /** The same run with other warnings: those about organs left out, for one, say nothing to its reader. */
    public Segmentation withWarnings(List<SegmentationWarning> others) {
        return new Segmentation(labels, organs, region, timings, others, model, engine, precision);
    }

    /** How long the run took from the volume to the labels, without reading and writing files. */
    public Duration duration() {
        return timings.values().stream().reduce(Duration.ZERO, Duration::plus);
    }
}
