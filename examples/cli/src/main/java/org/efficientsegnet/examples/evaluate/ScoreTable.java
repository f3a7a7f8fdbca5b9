// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.evaluate;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.efficientsegnet.metrics.LabelScore;

/** Scores as lines of text for people. A dash stands for what is not defined, inf for a label that one map lacks. */
public final class ScoreTable {

    private ScoreTable() {}

    /** The rows of one or several cases, and the means if there are several. */
    public static List<String> of(List<Comparison> comparisons, double toleranceMm) {
        List<List<String>> rows = new ArrayList<>();
        boolean several = comparisons.size() > 1;
        String nsd = String.format(Locale.ROOT, "NSD@%smm", plain(toleranceMm));
        rows.add(row(several, "case", "label", "DSC", nsd, "ASSD mm", "HD95 mm", "reference ml", "prediction ml"));
        for (Comparison comparison : comparisons) {
            for (LabelScore s : comparison.scores()) {
                rows.add(row(
                        several,
                        comparison.pair().name(),
                        s.name(),
                        number("%.4f", s.dice()),
                        number("%.4f", s.surfaceDice()),
                        number("%.3f", s.assd()),
                        number("%.3f", s.hd95()),
                        number("%.1f", s.referenceMl()),
                        number("%.1f", s.predictionMl())));
            }
        }
        if (several) {
            for (Means m : Means.of(comparisons)) {
                rows.add(row(
                        true,
                        "mean of " + m.cases(),
                        m.name(),
                        number("%.4f", m.dice()),
                        number("%.4f", m.surfaceDice()),
                        number("%.3f", m.assd()),
                        number("%.3f", m.hd95()),
                        "",
                        ""));
            }
        }
        return aligned(rows, several ? 2 : 1);
    }

    private static List<String> row(boolean several, String caseName, String... cells) {
        List<String> row = new ArrayList<>();
        if (several) {
            row.add(caseName);
        }
        row.addAll(List.of(cells));
        return row;
    }

    private static String number(String format, double value) {
        if (Double.isNaN(value)) {
            return "-";
        }
        return Double.isInfinite(value) ? "inf" : String.format(Locale.ROOT, format, value);
    }

    private static String plain(double value) {
        return value == Math.rint(value) ? String.valueOf((long) value) : String.valueOf(value);
    }

    /** Columns as wide as their widest cell; the first ones are text and stand at the left. */
    private static List<String> aligned(List<List<String>> rows, int textColumns) {
        int columns = rows.get(0).size();
        int[] width = new int[columns];
        for (List<String> row : rows) {
            for (int c = 0; c < columns; c++) {
                width[c] = Math.max(width[c], row.get(c).length());
            }
        }
        List<String> lines = new ArrayList<>();
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder();
            for (int c = 0; c < columns; c++) {
                String format = "%" + (c < textColumns ? "-" : "") + width[c] + "s";
                line.append(c == 0 ? "" : "  ").append(String.format(Locale.ROOT, format, row.get(c)));
            }
            lines.add(line.toString().stripTrailing());
        }
        return lines;
    }
}
