// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.imagej;

import ij.ImagePlus;
import ij.measure.ResultsTable;
import java.util.List;
import java.util.stream.Collectors;
import org.efficientsegnet.CancellationToken;
import org.efficientsegnet.ProgressListener;
import org.efficientsegnet.Segmentation;
import org.efficientsegnet.SegmentationWarning;
import org.efficientsegnet.Segmenter;
import org.efficientsegnet.anatomy.KidneySides;
import org.efficientsegnet.anatomy.Plausibility;
import org.efficientsegnet.metrics.LabelStatistics;
import org.efficientsegnet.metrics.OrganStatistics;
import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.Orientation;
import org.efficientsegnet.volume.Volume;

/**
 * What was found in a stack, as ImageJ shows it.
 *
 * @param labels a stack of labels, see {@link Stacks#toImagePlus(LabelMap, String)}
 * @param table a row an organ: its label, volume in ml, mean and standard deviation in HU, plausibility from 0 to 1, remarks
 * @param warnings what the reader should know
 */
public record OrganStack(ImagePlus labels, ResultsTable table, List<String> warnings) {

    /** Copies the list. */
    public OrganStack {
        warnings = List.copyOf(warnings);
    }

    /**
     * Segments a stack.
     *
     * @param orientation how its columns, rows and slices lie in the patient
     * @param sides whether the right and the left kidney get labels of their own
     * @throws StackException if the stack is no CT as it stands
     * @throws org.efficientsegnet.SegmentationException if it cannot be segmented
     * @throws org.efficientsegnet.SegmentationCancelledException if it was stopped
     */
    public static OrganStack of(
            ImagePlus image,
            Orientation orientation,
            boolean sides,
            Segmenter segmenter,
            ProgressListener progress,
            CancellationToken cancellation) {
        Volume volume = Stacks.toVolume(image, orientation);
        Segmentation result = segmenter.segment(volume, progress, cancellation);
        if (sides) {
            LabelMap divided = KidneySides.split(volume, result.labels(), Parallelism.common());
            result = result.withLabels(divided, LabelStatistics.of(volume, divided, Parallelism.common()));
        }
        return new OrganStack(
                Stacks.toImagePlus(result.labels(), "Organs of " + image.getTitle()),
                table(result),
                result.warnings().stream().map(SegmentationWarning::message).toList());
    }

    private static ResultsTable table(Segmentation result) {
        ResultsTable table = new ResultsTable();
        for (OrganStatistics organ : result.organs()) {
            Plausibility plausibility = Plausibility.of(organ, result.labels());
            table.addRow();
            table.addValue("Organ", organ.name());
            table.addValue("Label", organ.label());
            table.addValue("Volume (ml)", organ.volumeMl());
            table.addValue("Mean (HU)", organ.meanHu());
            table.addValue("SD (HU)", organ.sdHu());
            table.addValue("Plausibility", plausibility.score());
            table.addValue("Remarks", remarks(organ, plausibility));
        }
        return table;
    }

    private static String remarks(OrganStatistics organ, Plausibility plausibility) {
        String cutOff = organ.touches().isEmpty() ? "" : "cut off at the end of the scan";
        String doubts = plausibility.reasons().stream().collect(Collectors.joining("; "));
        return cutOff.isEmpty() || doubts.isEmpty() ? cutOff + doubts : cutOff + "; " + doubts;
    }
}
