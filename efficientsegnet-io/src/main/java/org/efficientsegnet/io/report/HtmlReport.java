// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.report;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.efficientsegnet.Segmentation;
import org.efficientsegnet.SegmentationWarning;
import org.efficientsegnet.files.AtomicOutput;
import org.efficientsegnet.io.organs.OrganTable;
import org.efficientsegnet.io.preview.Preview;
import org.efficientsegnet.io.text.Html;
import org.efficientsegnet.io.text.IntendedUse;
import org.efficientsegnet.metrics.OrganStatistics;
import org.efficientsegnet.volume.Axis;
import org.efficientsegnet.volume.Geometry;

/**
 * A run as one web page: the preview, a table of the organs, warnings, and what is needed to do it again. The page
 * holds all it shows, loads nothing, and runs no script.
 */
public final class HtmlReport {

    private static final String STYLE = """
            :root { color-scheme: light dark; --ink: #1b2430; --faint: #5d6b7c; --line: #dde3ea; --paper: #ffffff;
              --warn: #8a5a00; --warn-paper: #fff6e0; }
            @media (prefers-color-scheme: dark) { :root { --ink: #e8edf3; --faint: #8a97a8; --line: #2a323d;
              --paper: #0f1318; --warn: #ffd23f; --warn-paper: #2a2410; } }
            body { margin: 0 auto; padding: 2rem 1.5rem; max-width: 1180px; background: var(--paper);
              color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
            h1 { font-size: 1.6rem; margin: 0; overflow-wrap: anywhere; }
            h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
            p.faint { color: var(--faint); margin: .2rem 0 1.5rem; }
            img { width: 100%; height: auto; border-radius: 12px; display: block; }
            p.notice { color: var(--warn); font-weight: 600; margin: .2rem 0; }
            div.scroll { overflow-x: auto; }
            table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
            caption { text-align: left; color: var(--faint); padding-bottom: .3rem; }
            th, td { text-align: right; padding: .45rem .6rem; border-bottom: 1px solid var(--line);
              white-space: nowrap; }
            thead th { color: var(--faint); font-weight: 500; }
            tbody th { font-weight: 400; }
            th:first-child, th:last-child, td:last-child { text-align: left; }
            th.chip::before { content: ""; display: inline-block; width: .8em; height: .8em; border-radius: .25em;
              background: var(--chip); margin-right: .6em; vertical-align: -.05em; }
            th.part { font-weight: normal; padding-left: 2em; }
            ul.warnings { list-style: none; padding: .8rem 1rem; border-radius: 12px; background: var(--warn-paper);
              color: var(--warn); }
            dl { display: grid; grid-template-columns: max-content 1fr; gap: .3rem 1.5rem; margin: 0; }
            dt { color: var(--faint); }
            dd { margin: 0; overflow-wrap: anywhere; }
            @media (max-width: 640px) { body { padding: 1rem .8rem; } dl { grid-template-columns: 1fr; gap: 0; }
              dd { margin-bottom: .6rem; } }
            """;

    private static final List<String> COLUMNS =
            List.of("organ", "volume, ml", "mean HU", "SD, HU", "extent x, y, z, mm", "remarks");

    private static final Map<String, String> SIDES = sides();

    private HtmlReport() {}

    private static Map<String, String> sides() {
        Map<String, String> sides = new LinkedHashMap<>();
        sides.put("S", "the top");
        sides.put("I", "the bottom");
        sides.put("A", "the front");
        sides.put("P", "the back");
        sides.put("R", "the patient's right side");
        sides.put("L", "the patient's left side");
        return sides;
    }

    /**
     * The page.
     *
     * @param preview a picture of the result
     * @param narrow the same for narrow screens, {@link org.efficientsegnet.io.preview.PreviewOptions#NARROW}
     * @throws IOException if a picture cannot be encoded
     */
    public static String of(RunReport report, BufferedImage preview, BufferedImage narrow) throws IOException {
        Segmentation result = report.result();
        StringBuilder page = new StringBuilder();
        String title = fileName(report.input().path());
        page.append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
                .append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
                .append("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:;")
                .append(" style-src 'unsafe-inline'\">\n<title>")
                .append(Html.escape(title))
                .append(" - organs</title>\n<style>\n")
                .append(STYLE)
                .append("</style>\n</head>\n<body>\n<main>\n<h1>")
                .append(Html.escape(title))
                .append("</h1>\n<p class=\"notice\">")
                .append(Html.escape(IntendedUse.NOTICE))
                .append("</p>\n<p class=\"faint\">")
                .append(Html.escape(summary(report)))
                .append("</p>\n<picture>\n<source media=\"(max-width: 640px)\" srcset=\"")
                .append(data(narrow))
                .append("\">\n<img alt=\"Axial, coronal and sagittal slice with the organs in colour\" src=\"")
                .append(data(preview))
                .append("\">\n</picture>\n");
        warnings(page, result.warnings(), report.remarks());
        organs(page, report);
        details(page, "Run", run(report));
        details(page, "Scan", scan(report));
        page.append("</main>\n</body>\n</html>\n");
        return page.toString();
    }

    private static String data(BufferedImage picture) throws IOException {
        return "data:image/png;base64," + Base64.getEncoder().encodeToString(Preview.png(picture));
    }

    /**
     * Writes the page; the file appears whole or not at all.
     *
     * @param preview a picture of the result
     * @param narrow the same for narrow screens
     * @throws IOException if it cannot be written
     */
    public static void write(RunReport report, BufferedImage preview, BufferedImage narrow, Path path)
            throws IOException {
        byte[] page = of(report, preview, narrow).getBytes(StandardCharsets.UTF_8);
        AtomicOutput.write(path, out -> out.write(page));
    }

    private static String summary(RunReport report) {
        Segmentation result = report.result();
        long found = result.organs().stream().filter(o -> o.voxels() > 0).count();
        return found + " of " + result.organs().size() + " organs found in " + seconds(result.duration()) + " by "
                + result.model().name() + " " + result.model().version();
    }

    private static void warnings(StringBuilder page, List<SegmentationWarning> warnings, List<String> remarks) {
        List<String> all = new ArrayList<>();
        warnings.forEach(w -> all.add(w.message()));
        all.addAll(remarks);
        if (all.isEmpty()) {
            return;
        }
        page.append("<ul class=\"warnings\">\n");
        all.forEach(w -> page.append("<li>").append(Html.escape(w)).append("</li>\n"));
        page.append("</ul>\n");
    }

    private static void organs(StringBuilder page, RunReport report) {
        page.append("<h2>Organs</h2>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Organs\">\n")
                .append("<table>\n<caption>Measured on the scan's own grid; HU are Hounsfield units.</caption>\n")
                .append("<thead><tr>");
        COLUMNS.forEach(
                column -> page.append("<th scope=\"col\">").append(column).append("</th>"));
        page.append("</tr></thead>\n<tbody>\n");
        for (OrganStatistics organ : report.result().organs()) {
            row(page, organ, "chip", report.geometry());
            report.sidesOf(organ).forEach(side -> row(page, side, "part", report.geometry()));
        }
        page.append("</tbody>\n</table>\n</div>\n");
    }

    private static void row(StringBuilder page, OrganStatistics organ, String kind, Geometry geometry) {
        boolean found = organ.voxels() > 0;
        page.append("<tr><th scope=\"row\" class=\"")
                .append(kind)
                .append("\" style=\"--chip: ")
                .append(OrganTable.color(organ.label(), organ.name()).hex())
                .append("\">")
                .append(Html.escape(organ.name()))
                .append("</th>");
        cell(page, found ? number(organ.volumeMl()) : "not found");
        cell(page, Double.isFinite(organ.meanHu()) ? number(organ.meanHu()) : "");
        cell(page, Double.isFinite(organ.sdHu()) ? number(organ.sdHu()) : "");
        cell(page, extent(organ, geometry));
        cell(page, cutOff(RunReport.touches(organ, geometry.orientation())));
        page.append("</tr>\n");
    }

    /** In words; letters of sides mean nothing to most. */
    private static String cutOff(List<String> sides) {
        List<String> words = SIDES.entrySet().stream()
                .filter(side -> sides.contains(side.getKey()))
                .map(Map.Entry::getValue)
                .toList();
        return words.isEmpty() ? "" : "cut off at " + String.join(" and ", words) + " of the scan";
    }

    private static void cell(StringBuilder page, String text) {
        page.append("<td>").append(Html.escape(text)).append("</td>");
    }

    private static String extent(OrganStatistics organ, Geometry geometry) {
        return organ.box()
                .map(box -> String.format(
                        Locale.ROOT,
                        "%.0f \u00d7 %.0f \u00d7 %.0f",
                        box.shape().x() * geometry.spacing(Axis.X),
                        box.shape().y() * geometry.spacing(Axis.Y),
                        box.shape().z() * geometry.spacing(Axis.Z)))
                .orElse("");
    }

    private static Map<String, String> run(RunReport report) {
        Segmentation result = report.result();
        RunContext context = report.context();
        Map<String, String> run = new LinkedHashMap<>();
        run.put("started", context.started().truncatedTo(ChronoUnit.SECONDS).toString());
        run.put("model", result.model().name() + " " + result.model().version());
        run.put("model SHA-256", result.model().sha256());
        run.put("engine", result.engine() + ", " + result.precision().name().toLowerCase(Locale.ROOT));
        context.timings().forEach((name, time) -> run.put(name, seconds(time)));
        result.timings().forEach((stage, time) -> run.put(stage.label(), seconds(time)));
        run.put("heap, at most", megabytes(context.memory().heapPeakBytes()));
        context.memory().residentPeakBytes().ifPresent(bytes -> run.put("process, at most", megabytes(bytes)));
        run.putAll(context.software());
        return run;
    }

    private static Map<String, String> scan(RunReport report) {
        Map<String, String> scan = new LinkedHashMap<>();
        scan.put("path", report.input().path());
        scan.put("format", report.input().format() + ", " + report.voxelType());
        scan.put("files", String.valueOf(report.input().files().size()));
        scan.put("SHA-256", report.input().sha256());
        scan.put(
                "grid",
                report.shape().x() + " \u00d7 " + report.shape().y() + " \u00d7 "
                        + report.shape().z() + " voxels (x, y, z)");
        scan.put("geometry", report.geometry().toString());
        return scan;
    }

    private static void details(StringBuilder page, String heading, Map<String, String> entries) {
        page.append("<h2>").append(Html.escape(heading)).append("</h2>\n<dl>\n");
        entries.forEach((name, value) -> page.append("<dt>")
                .append(Html.escape(name))
                .append("</dt><dd>")
                .append(Html.escape(value))
                .append("</dd>\n"));
        page.append("</dl>\n");
    }

    private static String fileName(String path) {
        Path name = Path.of(path).getFileName();
        return name == null ? path : name.toString();
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, Math.abs(value) < 100 ? "%.1f" : "%.0f", value);
    }

    private static String seconds(Duration time) {
        return String.format(Locale.ROOT, "%.2f s", time.toNanos() / 1e9);
    }

    private static String megabytes(long bytes) {
        return String.format(Locale.ROOT, "%.0f MB", bytes / 1e6);
    }
}
