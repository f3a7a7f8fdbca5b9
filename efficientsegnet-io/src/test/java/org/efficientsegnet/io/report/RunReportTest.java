// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import org.efficientsegnet.Precision;
import org.efficientsegnet.Segmentation;
import org.efficientsegnet.SegmentationWarning;
import org.efficientsegnet.Stage;
import org.efficientsegnet.io.format.Provenance;
import org.efficientsegnet.io.format.Scan;
import org.efficientsegnet.io.preview.Preview;
import org.efficientsegnet.io.preview.PreviewOptions;
import org.efficientsegnet.metrics.LabelStatistics;
import org.efficientsegnet.metrics.OrganStatistics;
import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.spi.ModelIdentity;
import org.efficientsegnet.volume.Box;
import org.efficientsegnet.volume.Face;
import org.efficientsegnet.volume.Geometry;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.Orientation;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Volume;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunReportTest {

    private static final Shape SHAPE = new Shape(3, 4, 5);
    private static final Geometry GEOMETRY = Geometry.of(Orientation.of("LPS"), 0.7, 0.8, 2.5);
    private static final ModelIdentity MODEL = new ModelIdentity("flare", "1", "ab".repeat(32));

    @TempDir
    Path directory;

    private record Source(Path path, List<Path> files) implements Provenance {
        @Override
        public String format() {
            return "NIfTI-1";
        }
    }

    private static Segmentation result() {
        byte[] labels = new byte[60];
        labels[0] = 1;
        OrganStatistics liver = new OrganStatistics(
                1,
                "liver <b>",
                1,
                0.0014,
                55.25,
                Double.NaN,
                Optional.of(new Box(0, 0, 0, 1, 1, 1)),
                Set.of(Face.Z_LOW, Face.X_LOW));
        OrganStatistics spleen =
                new OrganStatistics(2, "spleen", 0, 0, Double.NaN, Double.NaN, Optional.empty(), Set.of());
        return new Segmentation(
                new LabelMap(SHAPE, GEOMETRY, labels, new TreeMap<>(Map.of(1, "liver <b>", 2, "spleen"))),
                List.of(liver, spleen),
                Optional.of(new Box(0, 1, 2, 3, 4, 5)),
                Map.of(Stage.FINE_NETWORK, Duration.ofMillis(1500), Stage.LOCATE, Duration.ofNanos(2_345_678)),
                List.of(new SegmentationWarning(SegmentationWarning.Kind.ORGAN_NOT_FOUND, "no spleen & no more")),
                MODEL,
                "onednn",
                Precision.BF16);
    }

    private RunReport report() throws IOException {
        Path file = Files.writeString(directory.resolve("<img src=x>.nii"), "abc", StandardCharsets.US_ASCII);
        Source source = new Source(file, List.of(file));
        Scan scan = new Scan(Volume.ofHu(SHAPE, GEOMETRY, new short[60]), source, List.of("orientation was assumed"));
        Map<String, String> software = new LinkedHashMap<>(Map.of("efficientsegnet", "0.1.0"));
        Map<String, Duration> timings = new LinkedHashMap<>();
        timings.put("reading", Duration.ofMillis(300));
        timings.put("writing", Duration.ofMillis(90));
        RunContext context = new RunContext(
                Instant.parse("2026-11-23T10:00:00.123456Z"),
                software,
                timings,
                new MemoryUse(1_000_000, OptionalLong.of(5_000_000)));
        return RunReport.of(result(), scan, InputChecksums.of(source), context);
    }

    @Test
    void eachKidneyIsMeasuredByItselfWhereOneLabelHoldsBoth() throws IOException {
        Shape shape = new Shape(2, 4, 12);
        Geometry geometry = Geometry.of(Orientation.of("LPS"), 2, 2, 5);
        short[] hu = new short[shape.arrayLength()];
        byte[] labels = new byte[hu.length];
        for (int z = 0; z < 2; z++) {
            // Columns grow to the left: the right kidney comes first.
            for (int x : new int[] {1, 2, 9}) {
                labels[shape.index(z, 1, x)] = 2;
                hu[shape.index(z, 1, x)] = (short) (x < 6 ? 30 : 50);
            }
        }
        Volume volume = Volume.ofHu(shape, geometry, hu);
        LabelMap map = new LabelMap(shape, geometry, labels, new TreeMap<>(Map.of(1, "liver", 2, "kidney")));
        Segmentation both = result().withLabels(map, LabelStatistics.of(volume, map, Parallelism.SINGLE));
        Path file = Files.writeString(directory.resolve("ct.nii"), "abc");
        Source source = new Source(file, List.of(file));
        RunReport report =
                RunReport.of(both, new Scan(volume, source, List.of()), InputChecksums.of(source), report().context());
        JsonNode kidney = new ObjectMapper().readTree(report.toJson()).at("/organs/1");
        assertEquals("kidney", kidney.at("/name").asText());
        assertEquals(6, kidney.at("/voxels").asInt());
        assertEquals("right kidney", kidney.at("/sides/0/name").asText());
        assertEquals(4, kidney.at("/sides/0/voxels").asInt());
        assertEquals(30, kidney.at("/sides/0/mean_hu").asDouble());
        assertEquals("left kidney", kidney.at("/sides/1/name").asText());
        assertEquals(2, kidney.at("/sides/1/voxels").asInt());
        assertEquals(50, kidney.at("/sides/1/mean_hu").asDouble());
        assertFalse(new ObjectMapper().readTree(report.toJson()).at("/organs/0").has("sides"));
        BufferedImage picture = new BufferedImage(2, 2, BufferedImage.TYPE_INT_RGB);
        String page = HtmlReport.of(report, picture, picture);
        assertTrue(page.contains("2026-11-23T10:00:00Z"), page);
        assertTrue(page.indexOf(">kidney<") < page.indexOf(">right kidney<"));
        assertTrue(page.indexOf(">right kidney<") < page.indexOf(">left kidney<"));
    }

    @Test
    void jsonHoldsTheRun() throws IOException {
        Path file = directory.resolve("report.json");
        report().write(file);
        JsonNode json = new ObjectMapper().readTree(Files.readString(file));
        assertEquals("efficientsegnet-run/1", json.at("/schema").asText());
        assertTrue(json.at("/intended_use").asText().startsWith("Not for clinical use"));
        assertEquals("2026-11-23T10:00:00.123456Z", json.at("/started").asText());
        assertEquals("0.1.0", json.at("/software/efficientsegnet").asText());
        assertEquals("NIfTI-1", json.at("/input/format").asText());
        // The checksum of "abc" is FIPS 180-4's own example.
        String abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assertEquals(abc, json.at("/input/sha256").asText());
        assertEquals(abc, json.at("/input/files/0/sha256").asText());
        assertEquals(3, json.at("/input/files/0/bytes").asInt());
        assertEquals(5, json.at("/input/shape/x").asInt());
        assertEquals(2.5, json.at("/input/spacing_mm/z").asDouble());
        assertEquals("LPS", json.at("/input/orientation").asText());
        assertEquals(12, json.at("/input/affine_ras_mm").size());
        assertEquals(-0.7, json.at("/input/affine_ras_mm/0").asDouble());
        assertEquals("orientation was assumed", json.at("/input/remarks/0").asText());
        assertEquals(MODEL.sha256(), json.at("/model/sha256").asText());
        assertEquals("onednn", json.at("/engine").asText());
        assertEquals("bf16", json.at("/precision").asText());
        assertEquals(300, json.at("/timings_ms/reading").asDouble());
        assertEquals(1500, json.at("/timings_ms/stages/fine network").asDouble());
        assertEquals(2.346, json.at("/timings_ms/stages/locate").asDouble());
        assertEquals(1502.346, json.at("/timings_ms/segmentation").asDouble());
        assertEquals(5_000_000, json.at("/memory/resident_peak_bytes").asLong());
        assertEquals("[1,4]", json.at("/region/y").toString());
        assertEquals(55.25, json.at("/organs/0/mean_hu").asDouble());
        assertTrue(json.at("/organs/0/sd_hu").isNull());
        // The grid's x grows to the left and z upwards, so that its first column and slice are right and inferior.
        assertEquals("[\"I\",\"R\"]", json.at("/organs/0/touches").toString());
        assertTrue(json.at("/organs/1/box").isNull());
        assertEquals("organ_not_found", json.at("/warnings/0/kind").asText());
    }

    @Test
    void sameInputSameReport() throws IOException {
        assertEquals(report().toJson(), report().toJson());
    }

    @Test
    void checksumOfAFolderDoesNotDependOnTheOrder() throws IOException {
        Path a = Files.writeString(directory.resolve("a"), "1");
        Path b = Files.writeString(directory.resolve("b"), "2");
        String forth = InputChecksums.of(new Source(directory, List.of(a, b))).sha256();
        String back = InputChecksums.of(new Source(directory, List.of(b, a))).sha256();
        assertEquals(forth, back);
        Files.writeString(b, "3");
        assertFalse(forth.equals(
                InputChecksums.of(new Source(directory, List.of(a, b))).sha256()));
    }

    @Test
    void pageIsSelfContainedAndNothingInItIsMarkupFromOutside() throws IOException {
        RunReport report = report();
        BufferedImage preview = Preview.render(
                Volume.ofHu(SHAPE, GEOMETRY, new short[60]), report.result().labels(), PreviewOptions.DEFAULT);
        BufferedImage narrow = Preview.render(
                Volume.ofHu(SHAPE, GEOMETRY, new short[60]), report.result().labels(), PreviewOptions.NARROW);
        Path file = directory.resolve("report.html");
        HtmlReport.write(report, preview, narrow, file);
        String page = Files.readString(file);
        assertTrue(page.contains("liver &lt;b&gt;"));
        assertTrue(page.contains("no spleen &amp; no more"));
        assertTrue(page.contains("orientation was assumed"));
        assertTrue(page.contains("not found"));
        assertTrue(page.contains("1 of 2 organs found in 1.50 s by flare 1"));
        assertFalse(page.contains("<b>"));
        assertFalse(page.contains("<img src=x>"));
        assertFalse(page.contains("<script"));
        assertFalse(page.contains("http:") || page.contains("https:"));
        assertTrue(page.contains("Not for clinical use"));
        // The grid's x grows to the left and z upwards.
        assertTrue(page.contains("cut off at the bottom and the patient&#39;s right side of the scan"));
        assertTrue(page.contains("<th scope=\"row\" class=\"chip\""));
        assertTrue(page.contains("<caption>") && page.contains("<main>") && page.contains("</main>"));
        assertEquals(page.split("<th ", -1).length, page.split("<th scope=", -1).length, "every heading has a scope");
        assertTrue(page.contains("<source media=\"(max-width: 640px)\" srcset=\"data:image/png;base64,"));
        String marker = "base64,";
        int at = page.indexOf(marker) + marker.length();
        byte[] png = Base64.getDecoder().decode(page.substring(at, page.indexOf('"', at)));
        assertEquals("PNG", new String(png, 1, 3, StandardCharsets.US_ASCII));
    }

    @Test
    void contextOfThisProcess() {
        RunContext here = RunContext.ofThisProcess(Instant.EPOCH, Map.of()).withSoftware("onednn", "3.11");
        assertEquals(
                List.of("efficientsegnet", "java", "system", "onednn"),
                List.copyOf(here.software().keySet()));
        assertTrue(here.memory().heapPeakBytes() > 1_000_000);
    }
}
