// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.report;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
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
            table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
            th, td { text-align: right; padding: .45rem .6rem; border-bottom: 1px solid var(--line); }
            th { color: var(--faint); font-weight: 500; }
            th:first-child, td:first-child { text-align: left; }
            td.chip::before { content: ""; display: inline-block; width: .8em; height: .8em; border-radius: .25em;
              background: var(--chip); margin-right: .6em; vertical-align: -.05em; }
            ul.warnings { list-style: none; padding: .8rem 1rem; border-radius: 12px; background: var(--warn-paper);
              color: var(--warn); }
            dl { display: grid; grid-template-columns: max-content 1fr; gap: .3rem 1.5rem; margin: 0; }
            dt { color: var(--faint); }
            dd { margin: 0; overflow-wrap: anywhere; }
            """;

    private HtmlReport() {}

    /**
     * The page.
     *
     * @param preview a picture of the result
     * @throws IOException if the picture cannot be encoded
     */
    public static String of(RunReport report, BufferedImage preview) throws IOException {
        Segmentation result = report.result();
        StringBuilder page = new StringBuilder();
        String title = fileName(report.input().path());
        page.append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
                .append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
                .append("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:;")
                .append(" style-src 'unsafe-inline'\">\n<title>")
                .append(escape(title))
                .append(" - organs</title>\n<style>\n")
                .append(STYLE)
                .append("</style>\n</head>\n<body>\n<h1>")
                .append(escape(title))
                .append("</h1>\n<p class=\"faint\">")
                .append(escape(summary(report)))
                .append("</p>\n<img alt=\"Axial, coronal and sagittal slice with the organs in colour\"")
                .append(" src=\"data:image/png;base64,")
                .append(Base64.getEncoder().encodeToString(Preview.png(preview)))
                .append("\">\n");
        warnings(page, result.warnings(), report.remarks());
        organs(page, report);
        details(page, "Run", run(report));
        details(page, "Scan", scan(report));
        page.append("</body>\n</html>\n");
        return page.toString();
    }

    /**
     * Writes the page; the file appears whole or not at all.
     *
     * @throws IOException if it cannot be written
     */
    public static void write(RunReport report, BufferedImage preview, Path path) throws IOException {
        byte[] page = of(report, preview).getBytes(StandardCharsets.UTF_8);
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
        all.forEach(w -> page.append("<li>").append(escape(w)).append("</li>\n"));
        page.append("</ul>\n");
    }

    private static void organs(StringBuilder page, RunReport report) {
        page.append("<h2>Organs</h2>\n<table>\n<tr><th>organ</th><th>volume, ml</th><th>mean HU</th><th>SD, HU</th>")
                .append("<th>extent x, y, z, mm</th><th>cut off at</th></tr>\n");
        for (OrganStatistics organ : report.result().organs()) {
            boolean found = organ.voxels() > 0;
            page.append("<tr><td class=\"chip\" style=\"--chip: ")
                    .append(OrganTable.color(organ.label(), organ.name()).hex())
                    .append("\">")
                    .append(escape(organ.name()))
                    .append("</td>");
            cell(page, found ? number(organ.volumeMl()) : "not found");
            cell(page, Double.isFinite(organ.meanHu()) ? number(organ.meanHu()) : "");
            cell(page, Double.isFinite(organ.sdHu()) ? number(organ.sdHu()) : "");
            cell(page, extent(organ, report.geometry()));
            cell(
                    page,
                    String.join(", ", RunReport.touches(organ, report.geometry().orientation())));
            page.append("</tr>\n");
        }
        page.append("</table>\n");
    }

    private static void cell(StringBuilder page, String text) {
        page.append("<td>").append(escape(text)).append("</td>");
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
        run.put("started", context.started().toString());
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
        page.append("<h2>").append(escape(heading)).append("</h2>\n<dl>\n");
        entries.forEach((name, value) -> page.append("<dt>")
                .append(escape(name))
                .append("</dt><dd>")
                .append(escape(value))
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

    /** Names and messages come from files, which must not bring markup into the page. */
    private static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;")
                .replace("'", "&#39;");
    }
}
