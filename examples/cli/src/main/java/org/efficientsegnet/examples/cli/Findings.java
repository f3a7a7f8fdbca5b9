// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.efficientsegnet.Segmentation;
import org.efficientsegnet.io.cases.CaseResult;
import org.efficientsegnet.metrics.OrganStatistics;

/** A result as a table for people. */
final class Findings {

    private Findings() {}

    /** A row an organ: volume, mean and spread of HU. */
    static List<String> table(Segmentation result) {
        int width = Math.max(
                5,
                result.organs().stream().mapToInt(o -> o.name().length()).max().orElse(0));
        List<String> lines = new ArrayList<>();
        lines.add(String.format(Locale.ROOT, "%-" + width + "s  %10s  %14s", "organ", "volume", "mean +- sd"));
        for (OrganStatistics organ : result.organs()) {
            lines.add(
                    organ.voxels() == 0
                            ? String.format(Locale.ROOT, "%-" + width + "s  %10s", organ.name(), "not found")
                            : String.format(
                                    Locale.ROOT,
                                    "%-" + width + "s  %7.1f ml  %5.0f +- %2.0f HU",
                                    organ.name(),
                                    organ.volumeMl(),
                                    organ.meanHu(),
                                    organ.sdHu()));
        }
        return lines;
    }

    /** The volumes in one line, and how many warnings there are. */
    static String line(CaseResult result) {
        List<String> parts = new ArrayList<>();
        result.volumesMl().forEach((organ, ml) -> parts.add(String.format(Locale.ROOT, "%s %.0f ml", organ, ml)));
        int warnings = result.warnings().size();
        if (warnings > 0) {
            parts.add(warnings + (warnings == 1 ? " warning" : " warnings"));
        }
        return String.join(", ", parts);
    }
}
