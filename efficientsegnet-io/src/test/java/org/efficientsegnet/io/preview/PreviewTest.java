// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.preview;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.efficientsegnet.volume.Geometry;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.Layout;
import org.efficientsegnet.volume.Orientation;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Volume;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class PreviewTest {

    private static final PreviewOptions SMALL = PreviewOptions.DEFAULT.withWidth(900);

    /** Axes to Right, Anterior, Superior; 120 x 90 x 90 mm; a sphere of 20 mm, its centre right of the middle. */
    private static final Shape SHAPE = new Shape(18, 45, 60);

    private static final Geometry GEOMETRY = Geometry.of(Orientation.RAS, 2, 2, 5);

    private static final short[] BODY = body();
    private static final byte[] SPHERE = sphere();

    private static final int[] EXPECTED =
            pixels(Preview.render(Volume.ofHu(SHAPE, GEOMETRY, BODY), LabelMap.of(SHAPE, GEOMETRY, SPHERE), SMALL));

    @TempDir
    Path directory;

    private static short[] body() {
        short[] hu = new short[SHAPE.arrayLength()];
        for (int z = 0; z < SHAPE.z(); z++) {
            for (int y = 0; y < SHAPE.y(); y++) {
                for (int x = 0; x < SHAPE.x(); x++) {
                    hu[SHAPE.index(z, y, x)] = (short) (x < 4 ? 1000 : y < 4 ? 500 : z < 2 ? 100 : 0);
                }
            }
        }
        return hu;
    }

    private static byte[] sphere() {
        byte[] labels = new byte[SHAPE.arrayLength()];
        for (int z = 0; z < SHAPE.z(); z++) {
            for (int y = 0; y < SHAPE.y(); y++) {
                for (int x = 0; x < SHAPE.x(); x++) {
                    double mm = Math.hypot(Math.hypot(2 * (x - 40), 2 * (y - 22)), 5 * (z - 9));
                    labels[SHAPE.index(z, y, x)] = (byte) (mm <= 20 ? 1 : 0);
                }
            }
        }
        return labels;
    }

    static List<Orientation> orientations() {
        return Orientation.all();
    }

    @ParameterizedTest
    @MethodSource("orientations")
    void theSamePictureHoweverTheArrayLies(Orientation orientation) {
        Layout layout = Layout.contiguous(SHAPE).reorient(Orientation.RAS, orientation);
        Shape shape = layout.shape();
        short[] hu = new short[shape.arrayLength()];
        byte[] labels = new byte[shape.arrayLength()];
        for (int z = 0, i = 0; z < shape.z(); z++) {
            for (int y = 0; y < shape.y(); y++) {
                for (int x = 0; x < shape.x(); x++, i++) {
                    hu[i] = BODY[layout.index(z, y, x)];
                    labels[i] = SPHERE[layout.index(z, y, x)];
                }
            }
        }
        Geometry geometry = GEOMETRY.reorient(SHAPE, orientation);
        BufferedImage actual =
                Preview.render(Volume.ofHu(shape, geometry, hu), LabelMap.of(shape, geometry, labels), SMALL);
        assertArrayEquals(EXPECTED, pixels(actual));
    }

    @Test
    void patientsRightIsAtTheLeftAndSpheresAreRound() {
        BufferedImage image =
                Preview.render(Volume.ofHu(SHAPE, GEOMETRY, BODY), LabelMap.of(SHAPE, GEOMETRY, SPHERE), SMALL);
        // 120 + 120 + 90 mm share 900 pixels less margins and gaps (48 units of 0.5 pixels): 2.576 pixels a mm.
        double scale = (900 - 0.5 * (2 * 28 + 2 * 20)) / 330;
        double top = 0.5 * (28 + 44);
        double[] axial = organBox(image, 14, 14 + 120 * scale, top, top + 90 * scale);
        double[] coronal = organBox(image, 24 + 120 * scale, 24 + 240 * scale, top, top + 90 * scale);
        double[] sagittal = organBox(image, 34 + 240 * scale, 34 + 330 * scale, top, top + 90 * scale);
        for (double[] box : List.of(axial, coronal, sagittal)) {
            assertEquals(40 * scale, box[1] - box[0], 6 * scale, "width");
            assertEquals(40 * scale, box[3] - box[2], 6 * scale, "height");
        }
        // Column 40 of 60, counted from the left side of the patient, which is at the right.
        assertEquals(14 + (120 - 81) * scale, (axial[0] + axial[1]) / 2, 2 * scale);
        assertEquals(top + (90 - 45) * scale, (axial[2] + axial[3]) / 2, 2 * scale);
        // Rows 0 to 3, posterior, are white and at the bottom of the axial slice and the right of the sagittal one.
        assertEquals(Color.WHITE.getRGB(), image.getRGB((int) (14 + 40 * scale), (int) (top + 87 * scale)));
        assertEquals(Color.WHITE.getRGB(), image.getRGB((int) (34 + 327 * scale), (int) (top + 20 * scale)));
        // Columns 0 to 3, left, are white and at the right.
        assertEquals(Color.WHITE.getRGB(), image.getRGB((int) (14 + 117 * scale), (int) (top + 20 * scale)));
        // Slices 0 and 1, inferior, are brighter than the rest and at the bottom of the coronal slice.
        int low = image.getRGB((int) (24 + 150 * scale), (int) (top + 85 * scale)) & 0xff;
        int high = image.getRGB((int) (24 + 150 * scale), (int) (top + 20 * scale)) & 0xff;
        assertEquals(255 * 260 / 400.0, low, 8);
        assertEquals(255 * 160 / 400.0, high, 3);
    }

    /** The box of pixels that are redder than blue, as the first organ's colour is and grey is not. */
    private static double[] organBox(BufferedImage image, double x0, double x1, double y0, double y1) {
        double[] box = {1e9, -1e9, 1e9, -1e9};
        for (int y = (int) y0; y < y1; y++) {
            for (int x = (int) x0; x < x1; x++) {
                int rgb = image.getRGB(x, y);
                if ((rgb >> 16 & 0xff) > (rgb & 0xff) + 40) {
                    box[0] = Math.min(box[0], x);
                    box[1] = Math.max(box[1], x + 1);
                    box[2] = Math.min(box[2], y);
                    box[3] = Math.max(box[3], y + 1);
                }
            }
        }
        assertTrue(box[1] > box[0], "no organ is seen");
        return box;
    }

    @Test
    void windowMovesTheGrey() {
        Volume volume = Volume.ofHu(SHAPE, GEOMETRY, BODY);
        LabelMap labels = LabelMap.of(SHAPE, GEOMETRY, new byte[SHAPE.arrayLength()]);
        BufferedImage dark = Preview.render(volume, labels, SMALL.withWindow(500, 100));
        BufferedImage bright = Preview.render(volume, labels, SMALL.withWindow(-500, 100));
        assertEquals(Color.BLACK.getRGB(), dark.getRGB(150, 150));
        assertEquals(Color.WHITE.getRGB(), bright.getRGB(150, 150));
    }

    @Test
    void everyLabelHasItsLineInTheLegend() {
        byte[] many = new byte[SHAPE.arrayLength()];
        Map<Integer, String> names = new TreeMap<>();
        for (int label = 1; label <= 40; label++) {
            many[label * 1000] = (byte) label;
            names.put(label, "a rather long name of an organ with \u00e4, \u4e2d and number " + label);
        }
        Volume volume = Volume.ofHu(SHAPE, GEOMETRY, BODY);
        LabelMap named = new LabelMap(SHAPE, GEOMETRY, many, new TreeMap<>(names));
        int few = Preview.render(volume, LabelMap.of(SHAPE, GEOMETRY, SPHERE), SMALL)
                .getHeight();
        assertTrue(Preview.render(volume, named, SMALL).getHeight() > few + 15 * 23);
    }

    @Test
    void longScansAreShownAroundTheOrgans() {
        Shape tall = new Shape(400, 20, 20);
        Geometry geometry = Geometry.of(Orientation.RAS, 10, 10, 5);
        byte[] labels = new byte[tall.arrayLength()];
        labels[tall.index(390, 10, 10)] = 1;
        BufferedImage image = Preview.render(
                Volume.ofHu(tall, geometry, new short[tall.arrayLength()]), LabelMap.of(tall, geometry, labels), SMALL);
        assertTrue(image.getHeight() < 500, image.getHeight() + " pixels high");
    }

    @ParameterizedTest
    @ValueSource(ints = {600, 1801, 3000})
    void anyWidth(int width) {
        BufferedImage image = Preview.render(
                Volume.ofHu(SHAPE, GEOMETRY, BODY),
                LabelMap.of(SHAPE, GEOMETRY, SPHERE),
                PreviewOptions.DEFAULT.withWidth(width).withTitle("Case 7").withOpacity(0));
        assertEquals(width, image.getWidth());
    }

    @Test
    void oneVoxelAndNothingFinite() {
        Shape one = new Shape(1, 1, 1);
        float[] values = {Float.NaN};
        BufferedImage image = Preview.render(
                Volume.ofHu(one, GEOMETRY, values), LabelMap.of(one, GEOMETRY, new byte[] {(byte) 255}), SMALL);
        assertEquals(900, image.getWidth());
    }

    @Test
    void writesPng() throws IOException {
        Path file = directory.resolve("preview.png");
        Volume volume = Volume.ofHu(SHAPE, GEOMETRY, BODY);
        LabelMap labels = LabelMap.of(SHAPE, GEOMETRY, SPHERE);
        Preview.write(volume, labels, SMALL, file);
        BufferedImage back = ImageIO.read(file.toFile());
        assertArrayEquals(pixels(Preview.render(volume, labels, SMALL)), pixels(back));
        try (Stream<Path> files = Files.list(directory)) {
            assertEquals(1, files.count());
        }
    }

    @Test
    void stackedSlicesStandBelowEachOtherAtOneScale() {
        BufferedImage image = Preview.render(
                Volume.ofHu(SHAPE, GEOMETRY, BODY), LabelMap.of(SHAPE, GEOMETRY, SPHERE), PreviewOptions.NARROW);
        assertEquals(900, image.getWidth());
        // 120 mm take 900 pixels less two margins of 28 units of 900 / 700 pixels; every slice is 90 mm high.
        double unit = 900 / 700.0;
        double scale = (900 - 56 * unit) / 120;
        for (int slice = 0; slice < 3; slice++) {
            double top = (28 + 44 * (slice + 1)) * unit + slice * 90 * scale;
            double[] sphere = organBox(image, 28 * unit, 900 - 28 * unit, top, top + 90 * scale);
            assertEquals(40 * scale, sphere[1] - sphere[0], 6 * scale, "width in slice " + slice);
            assertEquals(40 * scale, sphere[3] - sphere[2], 6 * scale, "height in slice " + slice);
        }
    }

    @Test
    void pngSaysWhatItIsNotFor() throws IOException {
        byte[] png = Preview.png(new BufferedImage(2, 2, BufferedImage.TYPE_INT_RGB));
        String text = new String(png, StandardCharsets.ISO_8859_1);
        assertTrue(text.contains("tEXtDisclaimer\0Not for clinical use"));
    }

    @Test
    void gridsMustAgree() {
        Volume volume = Volume.ofHu(SHAPE, GEOMETRY, BODY);
        LabelMap other = LabelMap.of(new Shape(1, 1, 1), GEOMETRY, new byte[1]);
        assertThrows(IllegalArgumentException.class, () -> Preview.render(volume, other, SMALL));
    }

    private static int[] pixels(BufferedImage image) {
        return image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth());
    }
}
