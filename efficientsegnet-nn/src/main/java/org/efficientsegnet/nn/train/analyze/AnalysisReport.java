// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.analyze;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleBiFunction;
import java.util.function.ToDoubleFunction;
import javax.imageio.ImageIO;
import org.efficientsegnet.files.AtomicOutput;
import org.efficientsegnet.nn.plan.OptionalLibraries;
import org.efficientsegnet.nn.train.analyze.CaseAnalysis.Organ;
import org.efficientsegnet.volume.Axis;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries.XYSeriesRenderStyle;
import org.knowm.xchart.style.Styler.ChartTheme;
import org.knowm.xchart.style.Styler.LegendPosition;

/** An analysis as a table, as JSON and as a page of plots. Thread-safe: pure functions. */
public final class AnalysisReport {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String[] DIRECTIONS = {"right", "anterior", "superior"};
    private static final String HU = "HU";
    private static final int WIDTH = 560;
    private static final int HEIGHT = 400;
    private static final int COLUMNS = 3;

    private AnalysisReport() {}

    /** For people: fixed-width columns, lines end with {@code \n}. */
    public static String table(DatasetAnalysis analysis) {
        StringBuilder text = new StringBuilder();
        text.append(analysis.cases().size()).append(" cases, orientations");
        analysis.orientations()
                .forEach((code, count) ->
                        text.append(' ').append(code).append(" (").append(count).append(')'));
        text.append("\n\n");
        heading(text, "scans");
        for (Axis axis : Axis.xyz()) {
            row(text, "size " + axis.letter() + ", voxels", analysis.size(axis));
        }
        for (Axis axis : Axis.xyz()) {
            row(text, "spacing " + axis.letter() + ", mm", analysis.spacing(axis));
        }
        for (Axis axis : Axis.xyz()) {
            row(text, "extent " + axis.letter() + ", mm", analysis.extent(axis));
        }
        for (String organ : analysis.labels()) {
            text.append('\n');
            List<String> missing = analysis.missing(organ);
            heading(text, organ);
            measures().forEach((name, number) -> row(text, name, analysis.of(organ, number)));
            for (String other : analysis.labels()) {
                if (!other.equals(organ)) {
                    for (int axis = 0; axis < 3; axis++) {
                        row(text, DIRECTIONS[axis] + " of " + other + ", mm", analysis.shift(organ, other, axis));
                    }
                }
            }
            if (!missing.isEmpty()) {
                text.append("missing in ").append(String.join(", ", missing)).append('\n');
            }
        }
        return text.toString();
    }

    private static void heading(StringBuilder text, String title) {
        text.append(String.format(
                Locale.ROOT,
                "%-26s %6s %10s %10s %10s %10s %10s\n",
                title,
                "cases",
                "mean",
                "sd",
                "least",
                "median",
                "greatest"));
    }

    private static void row(StringBuilder text, String name, Distribution d) {
        text.append(String.format(
                Locale.ROOT,
                "%-26s %6d %10s %10s %10s %10s %10s\n",
                name,
                d.count(),
                number(d.mean()),
                number(d.sd()),
                number(d.min()),
                number(d.median()),
                number(d.max())));
    }

    private static String number(double value) {
        return Double.isNaN(value) ? "-" : String.format(Locale.ROOT, "%.2f", value);
    }

    private static Map<String, ToDoubleFunction<Organ>> measures() {
        Map<String, ToDoubleFunction<Organ>> measures = new LinkedHashMap<>();
        measures.put("volume, ml", Organ::volumeMl);
        measures.put("mean, HU", organ -> organ.intensity().mean());
        measures.put("sd, HU", organ -> organ.intensity().sd());
        measures.put("0.5th percentile, HU", organ -> organ.intensity().percentile005());
        measures.put("5th percentile, HU", organ -> organ.intensity().percentile05());
        measures.put("median, HU", organ -> organ.intensity().median());
        measures.put("95th percentile, HU", organ -> organ.intensity().percentile95());
        measures.put("99.5th percentile, HU", organ -> organ.intensity().percentile995());
        measures.put("longest axis, mm", organ -> organ.axesMm().get(0));
        measures.put("middle axis, mm", organ -> organ.axesMm().get(1));
        measures.put("shortest axis, mm", organ -> organ.axesMm().get(2));
        measures.put("axis ratio", Organ::axisRatio);
        return measures;
    }

    /**
     * For programs: {@code scans} and {@code organs} with the distributions of the table, {@code cases} with what every
     * case was measured to be. Numbers that there are not are left out.
     */
    public static String json(DatasetAnalysis analysis) {
        ObjectNode root = JSON.createObjectNode();
        root.put("count", analysis.cases().size());
        ObjectNode scans = root.putObject("scans");
        ObjectNode orientations = scans.putObject("orientations");
        analysis.orientations().forEach(orientations::put);
        for (Axis axis : Axis.xyz()) {
            put(scans, "size_" + axis.letter(), analysis.size(axis));
            put(scans, "spacing_mm_" + axis.letter(), analysis.spacing(axis));
            put(scans, "extent_mm_" + axis.letter(), analysis.extent(axis));
        }
        ObjectNode organs = root.putObject("organs");
        for (String organ : analysis.labels()) {
            ObjectNode node = organs.putObject(organ);
            analysis.missing(organ).forEach(node.putArray("missing")::add);
            measures().forEach((name, number) -> put(node, key(name), analysis.of(organ, number)));
            ObjectNode shifts = node.putObject("shift_mm_from");
            for (String other : analysis.labels()) {
                if (!other.equals(organ)) {
                    ObjectNode from = shifts.putObject(other);
                    for (int axis = 0; axis < 3; axis++) {
                        put(from, DIRECTIONS[axis], analysis.shift(organ, other, axis));
                    }
                }
            }
        }
        ObjectNode cases = root.putObject("cases");
        for (CaseAnalysis one : analysis.cases()) {
            ObjectNode node = cases.putObject(one.id());
            node.put("orientation", one.geometry().orientation().toString());
            var size = node.putArray("size_xyz");
            var spacing = node.putArray("spacing_mm_xyz");
            for (Axis axis : Axis.xyz()) {
                size.add(one.shape().along(axis));
                spacing.add(one.geometry().spacing(axis));
            }
            ObjectNode found = node.putObject("organs");
            for (Organ organ : one.organs()) {
                ObjectNode values = found.putObject(organ.name());
                values.put("voxels", organ.voxels());
                measures().forEach((name, number) -> put(values, key(name), number.applyAsDouble(organ)));
                organ.centroid().forEach(values.putArray("centroid_mm_ras")::add);
            }
        }
        return root.toPrettyString() + "\n";
    }

    /** {@code volume, ml} becomes {@code volume_ml}. */
    private static String key(String name) {
        return name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9.]+", "_");
    }

    private static void put(ObjectNode node, String name, Distribution d) {
        ObjectNode values = node.putObject(name);
        values.put("cases", d.count());
        put(values, "mean", d.mean());
        put(values, "sd", d.sd());
        put(values, "min", d.min());
        put(values, "median", d.median());
        put(values, "max", d.max());
    }

    private static void put(ObjectNode node, String name, double value) {
        if (!Double.isNaN(value)) {
            node.put(name, value);
        }
    }

    /**
     * Draws a page of plots, a point for each case: extent and spacing along each axis; volume, mean intensity and axis
     * ratio of each organ; where the organs lie as seen from the front.
     *
     * @param analysis what is drawn
     * @param png receives the picture
     * @throws IOException if the picture cannot be written
     */
    public static void draw(DatasetAnalysis analysis, Path png) throws IOException {
        OptionalLibraries.require("org.knowm.xchart.XYChart", "XChart");
        List<XYChart> charts = new ArrayList<>();
        charts.add(strips("extent", "mm", axes(analysis, CaseAnalysis::extent)));
        charts.add(strips(
                "spacing", "mm", axes(analysis, (one, axis) -> one.geometry().spacing(axis))));
        charts.add(strips("volume", "ml", organs(analysis, Organ::volumeMl)));
        charts.add(strips(
                "mean intensity",
                "HU",
                organs(analysis, organ -> organ.intensity().mean())));
        charts.add(strips("longest axis / shortest axis", "", organs(analysis, Organ::axisRatio)));
        charts.add(positions(analysis));
        int rows = (charts.size() + COLUMNS - 1) / COLUMNS;
        BufferedImage page = new BufferedImage(COLUMNS * WIDTH, rows * HEIGHT, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = page.createGraphics();
        for (int i = 0; i < charts.size(); i++) {
            BufferedImage chart = BitmapEncoder.getBufferedImage(charts.get(i));
            graphics.drawImage(chart, i % COLUMNS * WIDTH, i / COLUMNS * HEIGHT, null);
        }
        graphics.dispose();
        AtomicOutput.write(png, out -> ImageIO.write(page, "png", out));
    }

    private static Map<String, List<Double>> axes(
            DatasetAnalysis analysis, ToDoubleBiFunction<CaseAnalysis, Axis> number) {
        Map<String, List<Double>> values = new LinkedHashMap<>();
        for (Axis axis : Axis.xyz()) {
            values.put(
                    String.valueOf(axis.letter()),
                    analysis.cases().stream()
                            .map(c -> number.applyAsDouble(c, axis))
                            .toList());
        }
        return values;
    }

    private static Map<String, List<Double>> organs(DatasetAnalysis analysis, ToDoubleFunction<Organ> number) {
        Map<String, List<Double>> values = new LinkedHashMap<>();
        for (String organ : analysis.labels()) {
            values.put(
                    organ,
                    analysis.cases().stream()
                            .flatMap(c -> c.organ(organ).stream())
                            .map(number::applyAsDouble)
                            .toList());
        }
        return values;
    }

    private static XYChart chart(String title, String xTitle, String yTitle) {
        XYChart chart = new XYChartBuilder()
                .width(WIDTH)
                .height(HEIGHT)
                .title(title)
                .xAxisTitle(xTitle)
                .yAxisTitle(yTitle)
                .theme(ChartTheme.Matlab)
                .build();
        chart.getStyler().setDefaultSeriesRenderStyle(XYSeriesRenderStyle.Scatter);
        chart.getStyler().setMarkerSize(6);
        chart.getStyler().setLegendPosition(LegendPosition.OutsideE);
        return chart;
    }

    /** One strip of points a category; within it the cases follow each other from left to right. */
    private static XYChart strips(String title, String unit, Map<String, List<Double>> categories) {
        XYChart chart = chart(title, "", unit);
        chart.getStyler().setXAxisTicksVisible(false);
        if (!unit.equals(HU)) {
            chart.getStyler().setYAxisMin(0.0);
        }
        chart.getStyler().setXAxisMin(-0.5).setXAxisMax(categories.size() - 0.5);
        int strip = 0;
        for (Map.Entry<String, List<Double>> category : categories.entrySet()) {
            List<Double> x = new ArrayList<>();
            int n = category.getValue().size();
            for (int i = 0; i < n; i++) {
                x.add(strip + 0.7 * ((i + 0.5) / n - 0.5));
            }
            if (n > 0) {
                chart.addSeries(category.getKey(), x, category.getValue());
            }
            strip++;
        }
        return chart;
    }

    /** Relative to the mean of the case's centroids; the patient's right is on the left, as radiologists look at it. */
    private static XYChart positions(DatasetAnalysis analysis) {
        XYChart chart = chart("centroids from the front", "mm towards the left", "mm upwards");
        for (String organ : analysis.labels()) {
            List<Double> x = new ArrayList<>();
            List<Double> y = new ArrayList<>();
            for (CaseAnalysis one : analysis.cases()) {
                one.organ(organ).ifPresent(found -> {
                    x.add(middle(one, 0) - found.centroid().get(0));
                    y.add(found.centroid().get(2) - middle(one, 2));
                });
            }
            if (!x.isEmpty()) {
                chart.addSeries(organ, x, y);
            }
        }
        return chart;
    }

    private static double middle(CaseAnalysis one, int axis) {
        return one.organs().stream()
                .mapToDouble(organ -> organ.centroid().get(axis))
                .average()
                .orElseThrow();
    }
}
