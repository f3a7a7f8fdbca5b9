// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.viewer;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.zip.GZIPInputStream;
import org.efficientsegnet.files.AtomicOutput;
import org.efficientsegnet.files.Sha256;
import org.efficientsegnet.io.gzip.ParallelGzipStream;
import org.efficientsegnet.io.nifti.NiftiWriter;
import org.efficientsegnet.io.organs.OrganTable;
import org.efficientsegnet.io.text.Html;
import org.efficientsegnet.io.text.IntendedUse;
import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.Volume;
import org.efficientsegnet.volume.Voxels;

/**
 * A scan and its organs as one interactive web page: three linked planes, a view of the organs in 3-D, windows, opacity,
 * and a list of the organs with their volumes that jumps to them.
 *
 * <p>The page is one file that works without a network. Its content policy allows the scripts and the style that it
 * holds, by their checksums, and nothing else. The patient's right side is at the left, as radiologists have it. It needs
 * a browser with WebGL 2; others show the list. Thread-safe.
 */
public final class ViewerPage {

    private static final int COMPRESSION = 6;

    private static final String WINDOWS = """
            <div class="row" role="group" aria-label="Window">
            <button type="button" data-window="40/400" aria-pressed="true">Abdomen</button>
            <button type="button" data-window="60/160" aria-pressed="false">Liver</button>
            <button type="button" data-window="-600/1500" aria-pressed="false">Lung</button>
            <button type="button" data-window="400/1800" aria-pressed="false">Bone</button>
            </div>
            """;

    private static final String CONTROLS = """
            <section aria-label="Controls">
            <h2>Planes</h2>
            <div class="row" role="group" aria-label="Planes">
            <button type="button" data-view="MULTIPLANAR" aria-pressed="true">All</button>
            <button type="button" data-view="AXIAL" aria-pressed="false">Axial</button>
            <button type="button" data-view="CORONAL" aria-pressed="false">Coronal</button>
            <button type="button" data-view="SAGITTAL" aria-pressed="false">Sagittal</button>
            <button type="button" id="reset">Reset zoom</button>
            </div>
            <label class="slider">Axial <input type="range" id="axial" min="0" max="0" value="0"><output></output></label>
            <label class="slider">Coronal <input type="range" id="coronal" min="0" max="0" value="0"><output></output></label>
            <label class="slider">Sagittal <input type="range" id="sagittal" min="0" max="0" value="0"><output></output></label>
            <h2>Window</h2>
            """ + WINDOWS + """
            <h2>Organs</h2>
            <label class="slider">Opacity <input type="range" id="opacity" min="0" max="100" value="50"><output></output></label>
            """;

    private static final String VIEWS = """
            <section class="views" aria-label="Images">
            <div class="stage" id="planes-stage"><canvas id="planes" tabindex="0"
             aria-label="Axial, coronal and sagittal slice with the organs in colour"></canvas></div>
            <p id="place" role="status"></p>
            <div class="stage" id="organs-stage"><canvas id="organs" tabindex="0" aria-label="The organs in 3-D"></canvas></div>
            </section>
            """;

    private static final String KEYS = """
            <p>Click, drag or touch a slice to move the others there; the wheel scrolls. Drag with the right button
            to enlarge, with the middle one to move. Drag the view in 3-D to turn it. Keys: <kbd>&uarr;</kbd> <kbd>&darr;</kbd> axial,
            <kbd>&larr;</kbd> <kbd>&rarr;</kbd> sagittal, <kbd>Page&nbsp;Up</kbd> <kbd>Page&nbsp;Down</kbd> coronal,
            <kbd>n</kbd> next organ, <kbd>+</kbd> <kbd>-</kbd> opacity, <kbd>1</kbd> to <kbd>4</kbd> window.</p>
            """;

    private ViewerPage() {}

    /**
     * Writes a page; the file appears whole or not at all. In addition to what it is given, it holds the reduced scan.
     *
     * @param volume the scan
     * @param labels its label map, on the same grid
     * @param path the file; its directory must exist
     * @throws IllegalArgumentException if the grids have different extents
     * @throws IOException if it cannot be written
     */
    public static void write(Volume volume, LabelMap labels, ViewerOptions options, Path path) throws IOException {
        if (!volume.shape().equals(labels.shape())) {
            throw new IllegalArgumentException(
                    "the scan has " + volume.shape() + " voxels, the label map " + labels.shape());
        }
        Parallelism p = Parallelism.common();
        ReducedScan scan = ReducedScan.of(volume, labels, options.mostVoxels(), p);
        List<PlacedOrgan> organs = PlacedOrgan.of(labels);
        String style = text("viewer.css");
        String script = text("viewer.js");
        byte[] library = library();
        String head = head(options.title(), style, library, script);
        String body = body(options, organs, scan);
        AtomicOutput.write(path, out -> {
            put(out, head);
            put(out, body);
            put(out, "<script type=\"application/json\" id=\"scan\">" + json(organs) + "</script>\n");
            image(out, "ct", scan.ct(), p);
            image(out, "labels", maskVolume(scan.labels()), p);
            put(out, "<script>");
            out.write(library);
            put(out, "</script>\n<script>" + script + "</script>\n</body>\n</html>\n");
        });
    }

    private static Volume maskVolume(LabelMap labels) {
        return new Volume(labels.shape(), labels.geometry(), new Voxels.Bytes(labels.labels(), true), 1, 0);
    }

    private static String head(String title, String style, byte[] library, String script) {
        return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                + "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                + "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src "
                + source(library) + " " + source(script.getBytes(StandardCharsets.UTF_8)) + "; style-src "
                + source(style.getBytes(StandardCharsets.UTF_8))
                + "; img-src data:; base-uri 'none'; form-action 'none'\">\n<title>"
                + Html.escape(title) + "</title>\n<style>" + style + "</style>\n</head>\n";
    }

    private static String body(ViewerOptions options, List<PlacedOrgan> organs, ReducedScan scan) throws IOException {
        StringBuilder page = new StringBuilder("<body>\n<main>\n<header><h1>")
                .append(Html.escape(options.title()))
                .append("</h1><p class=\"notice\">")
                .append(Html.escape(IntendedUse.NOTICE))
                .append("</p></header>\n<p id=\"problem\" role=\"alert\"></p>\n")
                .append(VIEWS)
                .append(CONTROLS)
                .append(
                        "<div class=\"scroll\">\n<table>\n<caption>Choose a name to jump to the organ.</caption>\n<thead><tr>")
                .append("<th scope=\"col\">show</th><th scope=\"col\">organ</th>")
                .append("<th scope=\"col\" class=\"number\">volume</th></tr></thead>\n<tbody>\n");
        organs.forEach(organ -> row(page, organ));
        page.append("</tbody>\n</table>\n</div>\n");
        if (!options.notes().isEmpty()) {
            page.append("<ul class=\"notes\">\n");
            options.notes()
                    .forEach(note ->
                            page.append("<li>").append(Html.escape(note)).append("</li>\n"));
            page.append("</ul>\n");
        }
        return page.append("</section>\n<footer>\n<p>")
                .append(Html.escape(scan.describe()))
                .append(" Volumes are those of the scan's own grid.</p>\n")
                .append(KEYS)
                .append("<details><summary>Licences</summary><pre>")
                .append(Html.escape(text("LICENSES.txt")))
                .append("</pre></details>\n</footer>\n</main>\n")
                .toString();
    }

    private static void row(StringBuilder page, PlacedOrgan organ) {
        String name = Html.escape(organ.name());
        boolean found = organ.place().isPresent();
        page.append("<tr><td><input type=\"checkbox\" checked data-show=\"")
                .append(organ.label())
                .append(found ? "\"" : "\" disabled")
                .append(" aria-label=\"show ")
                .append(name)
                .append("\"></td><th scope=\"row\"><button type=\"button\" data-jump=\"")
                .append(organ.label())
                .append(found ? "\"" : "\" disabled")
                .append("><span class=\"chip\" data-chip=\"")
                .append(organ.label())
                .append("\"></span>")
                .append(name)
                .append("</button></th><td class=\"number\">")
                .append(found ? volume(organ.volumeMl()) : "not found")
                .append("</td></tr>\n");
    }

    private static String volume(double ml) {
        return String.format(Locale.ROOT, ml < 100 ? "%.1f ml" : "%.0f ml", ml);
    }

    /** For the script; in a page, JSON must not hold the beginning of a tag. */
    private static String json(List<PlacedOrgan> organs) {
        ObjectNode root = JsonNodeFactory.instance.objectNode();
        ArrayNode list = root.putArray("organs");
        for (PlacedOrgan organ : organs) {
            ObjectNode node = list.addObject();
            node.put("label", organ.label());
            node.put("name", organ.name());
            node.put("color", OrganTable.color(organ.label(), organ.name()).hex());
            organ.place()
                    .ifPresent(place ->
                            node.putArray("place").add(place[0]).add(place[1]).add(place[2]));
        }
        return root.toString().replace("<", "\\u003c");
    }

    private static void image(OutputStream out, String id, Volume volume, Parallelism p) throws IOException {
        put(out, "<script type=\"application/gzip\" id=\"" + id + "\">");
        try (OutputStream text = Base64.getEncoder().wrap(new Unclosed(out));
                OutputStream gzip = new ParallelGzipStream(text, p, COMPRESSION)) {
            NiftiWriter.write(volume, gzip);
        }
        put(out, "</script>\n");
    }

    private static void put(OutputStream out, String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.UTF_8));
    }

    /** How a content policy names a script or style in the page. */
    private static String source(byte[] content) {
        return "'sha256-" + Base64.getEncoder().encodeToString(Sha256.digest().digest(content)) + "'";
    }

    private static byte[] library() throws IOException {
        try (InputStream in = new GZIPInputStream(resource("niivue.umd.js.gz"))) {
            return in.readAllBytes();
        }
    }

    private static String text(String name) throws IOException {
        try (InputStream in = resource(name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static InputStream resource(String name) throws IOException {
        InputStream in = ViewerPage.class.getResourceAsStream(name);
        if (in == null) {
            throw new IOException("the library's jar lacks " + name + "; it was repackaged without its resources");
        }
        return in;
    }

    /** Base64 ends with its stream, the page does not. */
    private static final class Unclosed extends FilterOutputStream {
        Unclosed(OutputStream out) {
            super(out);
        }

        @Override
        public void write(byte[] bytes, int from, int count) throws IOException {
            out.write(bytes, from, count);
        }

        @Override
        public void close() throws IOException {
            flush();
        }
    }
}
