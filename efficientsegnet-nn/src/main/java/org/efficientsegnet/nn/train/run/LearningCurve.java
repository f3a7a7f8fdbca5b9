// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.run;

import com.fasterxml.jackson.databind.JsonNode;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.imageio.ImageIO;
import org.efficientsegnet.files.AtomicOutput;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.Styler.ChartTheme;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** A picture of a run, made from its log: the loss, and the DSC of every validation. */
public final class LearningCurve {

    private static final int WIDTH = 900;
    private static final int HEIGHT = 420;
    private static final int MOST_POINTS = 400;

    private LearningCurve() {}

    /**
     * Draws a PNG file.
     *
     * @param title above the picture
     * @param log of the run
     * @param png receives the picture; nothing is drawn if there is no step in the log
     * @throws IOException if the log cannot be read or the picture cannot be written
     */
    public static void draw(String title, Path log, Path png) throws IOException {
        List<Double> steps = new ArrayList<>();
        List<Double> losses = new ArrayList<>();
        List<Double> validated = new ArrayList<>();
        Map<String, List<Double>> dice = new TreeMap<>();
        for (JsonNode line : TrainingLog.read(log)) {
            double step = line.path("step").asDouble();
            if (line.path("type").asText().equals("step")) {
                steps.add(step);
                losses.add(line.path("loss").asDouble());
            } else if (line.path("type").asText().equals("validation")) {
                validated.add(step);
                line.path("dice")
                        .properties()
                        .forEach(organ -> dice.computeIfAbsent(organ.getKey(), name -> new ArrayList<>())
                                .add(organ.getValue().asDouble()));
            }
        }
        if (steps.isEmpty()) {
            return;
        }
        XYChart chart = new XYChartBuilder()
                .width(WIDTH)
                .height(HEIGHT)
                .title(title)
                .xAxisTitle("step")
                .yAxisTitle("loss, DSC")
                .theme(ChartTheme.Matlab)
                .build();
        chart.getStyler().setYAxisMin(0.0);
        int every = Math.max(1, (steps.size() + MOST_POINTS - 1) / MOST_POINTS);
        chart.addSeries("loss", means(steps, every), means(losses, every)).setMarker(SeriesMarkers.NONE);
        dice.forEach((organ, values) -> {
            // An organ that was missing in some validation has no curve: its points could not be placed.
            if (values.size() == validated.size()) {
                chart.addSeries("DSC " + organ, validated, values);
            }
        });
        BufferedImage image = BitmapEncoder.getBufferedImage(chart);
        AtomicOutput.write(png, out -> ImageIO.write(image, "png", out));
    }

    /** Means of neighbours, so that a long run is as legible as a short one. */
    private static List<Double> means(List<Double> values, int every) {
        List<Double> means = new ArrayList<>();
        for (int from = 0; from < values.size(); from += every) {
            List<Double> part = values.subList(from, Math.min(values.size(), from + every));
            means.add(part.stream().mapToDouble(Double::doubleValue).average().orElseThrow());
        }
        return means;
    }
}
