// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.viewer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;
import org.efficientsegnet.files.Sha256;
import org.efficientsegnet.io.LabelMaps;
import org.efficientsegnet.io.Volumes;
import org.efficientsegnet.labels.Downsampling;
import org.efficientsegnet.volume.Geometry;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.Orientation;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Volume;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

class ViewerPageTest {

    /** Axes to Left, Posterior, Superior; the world's origin in the first voxel. */
    private static final Shape SHAPE = new Shape(40, 50, 60);

    private static final Geometry GEOMETRY = Geometry.of(Orientation.of("LPS"), 3, 3, 4);

    private static final String READY =
            "document.documentElement?.dataset.ready || document.querySelector('#problem')?.textContent";

    private static final int LIVER = 1;
    private static final int SPLEEN = 3;

    @TempDir
    Path directory;

    /** A body of 40 HU with a liver of 100 HU on the right and a spleen of 120 HU on the left, both cuboids. */
    private static Volume scan() {
        short[] hu = new short[SHAPE.arrayLength()];
        byte[] labels = labels().labels();
        for (int i = 0; i < hu.length; i++) {
            hu[i] = (short) (labels[i] == LIVER ? 100 : labels[i] == SPLEEN ? 120 : 40);
        }
        return Volume.ofHu(SHAPE, GEOMETRY, hu);
    }

    private static LabelMap labels() {
        byte[] labels = new byte[SHAPE.arrayLength()];
        fill(labels, 5, 20, LIVER);
        fill(labels, 40, 50, SPLEEN);
        return new LabelMap(
                SHAPE, GEOMETRY, labels, new TreeMap<>(Map.of(LIVER, "liver", 2, "<i>kidney", SPLEEN, "spleen")));
    }

    private static void fill(byte[] labels, int from, int to, int label) {
        for (int z = 10; z < 31; z++) {
            for (int y = 15; y < 36; y++) {
                for (int x = from; x < to; x++) {
                    labels[SHAPE.index(z, y, x)] = (byte) label;
                }
            }
        }
    }

    private Path page() throws IOException {
        Path page = directory.resolve("page.html");
        ViewerOptions options = ViewerOptions.DEFAULT
                .withTitle("Case <script>alert(1)</script>")
                .withNotes(List.of("the liver & the <b>rest</b>"));
        ViewerPage.write(scan(), labels(), options, page);
        return page;
    }

    @Test
    void thePageHoldsTheScanAndNothingInItIsMarkupFromOutside() throws IOException {
        String page = Files.readString(page());
        assertTrue(page.contains("Case &lt;script&gt;alert(1)&lt;/script&gt;"));
        assertTrue(page.contains("the liver &amp; the &lt;b&gt;rest"));
        assertTrue(page.contains("&lt;i&gt;kidney"));
        assertFalse(page.contains("<i>"));
        assertTrue(page.contains("Not for clinical use"));
        // 15 and 10 columns of 21 x 21 voxels of 36 mm\u00b3.
        assertTrue(page.contains(">238 ml<"), "the liver's volume");
        assertTrue(page.contains(">159 ml<"), "the spleen's volume");
        assertTrue(page.contains(">not found<"), "the kidney");
        assertTrue(page.contains("60 \u00d7 50 \u00d7 40 voxels of 3 \u00d7 3 \u00d7 4 mm"));
        Volume ct = Volumes.read(embedded(page, "ct", "ct.nii.gz"));
        assertEquals(SHAPE, ct.shape());
        assertTrue(ct.geometry().isCloseTo(GEOMETRY, 1e-4), ct.geometry()::toString);
        assertEquals(100, ct.hu(20, 20, 10));
        assertEquals(40, ct.hu(0, 0, 0));
        LabelMap labels = LabelMaps.read(embedded(page, "labels", "labels.nii.gz"));
        assertEquals(SPLEEN, labels.label(20, 20, 45));
    }

    private Path embedded(String page, String id, String name) throws IOException {
        Matcher data = Pattern.compile("id=\"" + id + "\">([A-Za-z0-9+/=]+)<").matcher(page);
        assertTrue(data.find(), id);
        return Files.write(directory.resolve(name), Base64.getDecoder().decode(data.group(1)));
    }

    @Test
    void contentPolicyNamesWhatThePageHolds() throws IOException {
        String page = Files.readString(page());
        Matcher policy = Pattern.compile("Content-Security-Policy\" content=\"([^\"]+)\"")
                .matcher(page);
        assertTrue(policy.find());
        assertTrue(policy.group(1).startsWith("default-src 'none';"));
        assertFalse(policy.group(1).contains("unsafe"));
        Matcher code =
                Pattern.compile("<(script|style)>(.*?)</\\1>", Pattern.DOTALL).matcher(page);
        int count = 0;
        while (code.find()) {
            byte[] hash = Sha256.digest().digest(code.group(2).getBytes(java.nio.charset.StandardCharsets.UTF_8));
            assertTrue(policy.group(1).contains(Base64.getEncoder().encodeToString(hash)), code.group(1));
            count++;
        }
        assertEquals(3, count);
        assertFalse(Pattern.compile(" (src|href|style|on[a-z]+)=")
                .matcher(page.replaceAll("(?s)<script>.*", ""))
                .find());
    }

    @Test
    void largeScansAreReducedAndVolumesAreNot() throws IOException {
        Path page = directory.resolve("small.html");
        ViewerPage.write(scan(), labels(), ViewerOptions.DEFAULT.withMostVoxels(40_000), page);
        String text = Files.readString(page);
        assertTrue(
                text.contains(
                        "30 \u00d7 25 \u00d7 40 voxels of 6 \u00d7 6 \u00d7 4 mm (x, y, z), averages of 2 \u00d7 2"
                                + " \u00d7 1 voxels of the scan&#39;s 60 \u00d7 50 \u00d7 40"),
                "the size");
        assertTrue(text.contains(">238 ml<"), "the liver's volume");
        Volume ct = Volumes.read(embedded(text, "ct", "ct.nii.gz"));
        // The centre of the first block of 2 x 2 x 1 voxels.
        assertEquals(-1.5, ct.geometry().toWorld(0, 0, 0)[0], 1e-4);
    }

    @Test
    void blocksGrowWhereVoxelsAreSmallest() {
        Geometry geometry = Geometry.of(Orientation.RAS, 0.8, 0.8, 2.5);
        Shape usual = new Shape(160, 512, 512);
        assertEquals(new Downsampling(1, 2, 2), ReducedScan.blocks(usual, geometry, 12_000_000));
        assertEquals(new Downsampling(1, 1, 1), ReducedScan.blocks(usual, geometry, 50_000_000));
        assertEquals(new Downsampling(2, 5, 5), ReducedScan.blocks(usual, geometry, 1_000_000));
        // A single slice and a single row can only be reduced along what they have.
        assertEquals(new Downsampling(1, 1, 10), ReducedScan.blocks(new Shape(1, 1, 100), geometry, 10));
    }

    @Test
    void organsThatFillNothingAndGridsThatDiffer() throws IOException {
        LabelMap empty = LabelMap.of(SHAPE, GEOMETRY, new byte[SHAPE.arrayLength()]);
        Path page = directory.resolve("empty.html");
        ViewerPage.write(scan(), empty, ViewerOptions.DEFAULT, page);
        assertFalse(Files.readString(page).contains("<th scope=\"row\">"));
        LabelMap other = LabelMap.of(new Shape(1, 1, 1), GEOMETRY, new byte[1]);
        assertThrows(
                IllegalArgumentException.class, () -> ViewerPage.write(scan(), other, ViewerOptions.DEFAULT, page));
        assertThrows(IllegalArgumentException.class, () -> ViewerOptions.DEFAULT.withMostVoxels(0));
    }

    @Test
    void aPlaceIsInsideOfItsOrgan() {
        // A ring, whose centre of mass is not in it.
        byte[] ring = new byte[81];
        for (int i = 0; i < 81; i++) {
            int x = i % 9 - 4;
            int y = i / 9 - 4;
            ring[i] = (byte) (Math.max(Math.abs(x), Math.abs(y)) == 3 ? 7 : 0);
        }
        Geometry geometry = Geometry.of(Orientation.RAS, 1, 1, 1);
        PlacedOrgan organ =
                PlacedOrgan.of(LabelMap.of(new Shape(1, 9, 9), geometry, ring)).get(0);
        double[] place = organ.place().orElseThrow();
        assertEquals(7, ring[(int) (9 * place[1] + place[0])]);
        assertEquals(3, Math.hypot(place[0] - 4, place[1] - 4));
        assertEquals("label 7", organ.name());
        assertEquals(0.024, organ.volumeMl(), 1e-12);
    }

    @Test
    void inABrowser() throws IOException, InterruptedException {
        Optional<Path> executable = Chromium.find();
        assumeTrue(executable.isPresent(), "no Chromium on the PATH; install the package chromium to test the page");
        Path profile = Files.createDirectory(directory.resolve("profile"));
        try (Chromium browser = Chromium.start(executable.get(), profile)) {
            browser.resize(1280, 1000, false);
            Path page = page();
            browser.open(page);
            browser.await(READY);
            assertEquals("", text(browser, "problem"));
            jumping(browser);
            colors(browser);
            moving(browser);
            onAPhone(browser);
            assertEquals(List.of(), browser.complaints());
            assertEquals(
                    List.of(page.toUri().toString()),
                    browser.requests().stream()
                            .filter(r -> !r.startsWith("data:"))
                            .toList());
            nothingFromOutside(browser);
        }
    }

    /** Pictures for the documentation: docs/images/viewer.sh. */
    @Test
    @EnabledIfSystemProperty(named = "screenshots.dir", matches = ".+")
    void screenshots() throws IOException, InterruptedException {
        Path folder = Path.of(System.getProperty("screenshots.dir"));
        Path data = Path.of(System.getProperty("sample.dir"));
        LabelMap plain = LabelMaps.read(data.resolve("flare_example_v1.nii.gz"));
        LabelMap labels = new LabelMap(
                plain.shape(),
                plain.geometry(),
                plain.labels(),
                new TreeMap<>(Map.of(1, "liver", 2, "kidney", 3, "spleen", 4, "pancreas")));
        Path page = directory.resolve("page.html");
        ViewerPage.write(
                Volumes.read(data.resolve("example_ct.nii.gz")),
                labels,
                ViewerOptions.DEFAULT.withTitle("example_ct.nii.gz"),
                page);
        Path profile = Files.createDirectory(directory.resolve("profile"));
        try (Chromium browser = Chromium.start(Chromium.find().orElseThrow(), profile)) {
            browser.resize(1440, 1100, false);
            browser.open(page);
            browser.await(READY);
            ImageIO.write(
                    browser.screenshot(), "png", folder.resolve("viewer.png").toFile());
            browser.resize(390, 1500, true);
            browser.await("innerWidth == 390");
            ImageIO.write(
                    browser.screenshot(),
                    "png",
                    folder.resolve("viewer-phone.png").toFile());
        }
    }

    private static String text(Chromium browser, String id) {
        return browser.evaluate("document.getElementById('" + id + "').textContent")
                .asText();
    }

    private static void jumping(Chromium browser) {
        // Columns 5 to 19 have their middle in column 12, which is 36 mm left of the origin; rows 15 to 35 in 25,
        // slices
        // 10 to 30 in 20.
        assertEquals("L 36.0, P 75.0, S 80.0 mm \u00b7 100 HU \u00b7 liver", text(browser, "place"));
        browser.click("button[data-jump=\"3\"]");
        // Columns 40 to 49: 44 and 45 are equally near; the first one counts.
        assertEquals("L 132.0, P 75.0, S 80.0 mm \u00b7 120 HU \u00b7 spleen", text(browser, "place"));
        browser.press("n");
        assertTrue(text(browser, "place").endsWith("spleen"), "the next organ after the first");
        browser.press("n");
        assertTrue(text(browser, "place").endsWith("liver"), "the first one after the last");
    }

    /** The picture against what is known of the cuboids: where they are, how large, and how they are mixed with grey. */
    private static void colors(Chromium browser) throws IOException {
        browser.click("button[data-view=\"AXIAL\"]");
        Blob liver = Blob.of(browser, "#planes", 0xff7a59);
        Blob spleen = Blob.of(browser, "#planes", 0xa78bfa);
        double mm = (liver.right - liver.left) / 45;
        assertEquals(63, (liver.bottom - liver.top) / mm, 3, "the liver's height, mm");
        assertEquals(30, (spleen.right - spleen.left) / mm, 3, "the spleen's width, mm");
        assertEquals(97.5, (spleen.left + spleen.right - liver.left - liver.right) / 2 / mm, 3, "the way to the right");
        browser.click("input[data-show=\"1\"]");
        assertEquals(0, Blob.of(browser, "#planes", 0xff7a59).pixels);
        assertEquals(spleen.pixels, Blob.of(browser, "#planes", 0xa78bfa).pixels, 0.02 * spleen.pixels);
        browser.click("input[data-show=\"1\"]");
        Blob turned = Blob.of(browser, "#organs", 0xff7a59);
        assertTrue(turned.pixels > 500, "the liver in 3-D has " + turned.pixels + " pixels");
        double[] box = browser.box("#organs");
        browser.drag(box[0] + 100, box[1] + 100, box[0] + 190, box[1] + 110);
        Blob after = Blob.of(browser, "#organs", 0xff7a59);
        assertTrue(Math.abs(after.left - turned.left) + Math.abs(after.right - turned.right) > 10, "a drag turns it");
        for (int i = 0; i < 5; i++) {
            browser.press("-");
        }
        assertEquals(0, Blob.of(browser, "#planes", 0xa78bfa).pixels, "at opacity 0");
        // 40 HU are (40 + 160) / 400 of white in the window for the abdomen, (40 + 500) / 1800 in that for bones.
        assertEquals(127.5, grey(browser), 3);
        browser.press("4");
        assertEquals(76.5, grey(browser), 3);
        browser.press("1");
    }

    /** The commonest grey of the slice. */
    private static double grey(Chromium browser) throws IOException {
        double[] box = browser.box("#planes");
        BufferedImage image = browser.screenshot();
        int[] count = new int[256];
        for (int y = (int) box[1]; y < box[1] + box[3]; y++) {
            for (int x = (int) box[0]; x < box[0] + box[2]; x++) {
                int value = image.getRGB(x, y) & 0xff;
                count[value] += value > 20 ? 1 : 0;
            }
        }
        int best = 0;
        for (int value = 0; value < 256; value++) {
            best = count[value] > count[best] ? value : best;
        }
        return best;
    }

    private static void moving(Chromium browser) throws InterruptedException {
        int axial = value(browser, "axial");
        browser.press("ArrowUp");
        assertEquals(axial + 1, value(browser, "axial"));
        assertTrue(text(browser, "place").contains("S 84.0 mm"), text(browser, "place"));
        // The slice is seen from below: the picture's left is the patient's right.
        int sagittal = value(browser, "sagittal");
        browser.press("ArrowLeft");
        assertEquals(sagittal + 1, value(browser, "sagittal"));
        double[] box = browser.box("#planes");
        browser.wheel(box[0] + box[2] / 2, box[1] + box[3] / 2);
        browser.await("document.getElementById('axial').value != " + (axial + 1));
        browser.click("button[data-view=\"MULTIPLANAR\"]");
        browser.evaluate("document.getElementById('coronal').focus()");
        int coronal = value(browser, "coronal");
        browser.evaluate("document.getElementById('coronal').value = " + (coronal + 5)
                + "; document.getElementById('coronal').dispatchEvent(new Event('input'))");
        assertEquals(coronal + 5, value(browser, "coronal"));
        assertTrue(text(browser, "place").contains("P 60.0"), text(browser, "place"));
    }

    private static int value(Chromium browser, String slider) {
        return Integer.parseInt(browser.evaluate("document.getElementById('" + slider + "').value")
                .asText());
    }

    private static void onAPhone(Chromium browser) throws IOException, InterruptedException {
        browser.resize(390, 844, true);
        browser.await("innerWidth == 390");
        assertEquals(
                390,
                browser.evaluate("Math.max(document.documentElement.scrollWidth, innerWidth)")
                        .asInt(),
                "nothing sticks out");
        browser.screenshot();
        String before = text(browser, "place");
        double[] box = browser.box("#planes");
        browser.touch(box[0] + box[2] * 0.25, box[1] + box[3] * 0.2);
        browser.await("document.getElementById('place').textContent != '" + before + "'");
    }

    /** The policy refuses what the page does not hold. */
    private static void nothingFromOutside(Chromium browser) throws InterruptedException {
        browser.evaluate("addEventListener('securitypolicyviolation', e => window.refused = e.effectiveDirective);"
                + " { const s = document.createElement('script'); s.textContent = 'window.ran = 1';"
                + " document.body.append(s); }");
        browser.await("window.refused == 'script-src-elem'");
        assertFalse(browser.evaluate("'ran' in window").asBoolean());
        browser.evaluate("fetch('http://127.0.0.1:9/').catch(() => 0)");
        browser.await("window.refused == 'connect-src'");
    }

    /** The pixels of a picture that have a colour's hue. */
    private record Blob(int pixels, double left, double right, double top, double bottom) {

        static Blob of(Chromium browser, String selector, int color) throws IOException {
            double[] box = browser.box(selector);
            BufferedImage image = browser.screenshot();
            float wanted = hue(color)[0];
            int pixels = 0;
            double[] edges = {1e9, -1e9, 1e9, -1e9};
            for (int y = (int) box[1]; y < Math.min(image.getHeight(), box[1] + box[3]); y++) {
                for (int x = (int) box[0]; x < box[0] + box[2]; x++) {
                    float[] hue = hue(image.getRGB(x, y));
                    if (hue[1] > 0.15 && hue[2] > 0.2 && Math.abs(hue[0] - wanted) < 0.03) {
                        pixels++;
                        edges[0] = Math.min(edges[0], x);
                        edges[1] = Math.max(edges[1], x + 1);
                        edges[2] = Math.min(edges[2], y);
                        edges[3] = Math.max(edges[3], y + 1);
                    }
                }
            }
            return new Blob(pixels, edges[0], edges[1], edges[2], edges[3]);
        }

        private static float[] hue(int rgb) {
            return java.awt.Color.RGBtoHSB(rgb >> 16 & 0xff, rgb >> 8 & 0xff, rgb & 0xff, null);
        }
    }
}
