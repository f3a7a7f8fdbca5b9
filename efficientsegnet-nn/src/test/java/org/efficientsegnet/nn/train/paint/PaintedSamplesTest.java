// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.paint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.ZipFile;
import org.efficientsegnet.nn.train.augment.AugmentOptions;
import org.efficientsegnet.nn.train.augment.Augmenter;
import org.efficientsegnet.nn.train.data.CasePair;
import org.efficientsegnet.nn.train.data.CaseReader;
import org.efficientsegnet.nn.train.data.Preparation;
import org.efficientsegnet.nn.train.data.PreparationOptions;
import org.efficientsegnet.nn.train.data.PreparedDataset;
import org.efficientsegnet.nn.train.data.PreparedDataset.CascadeStage;
import org.efficientsegnet.nn.train.data.Sample;
import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.volume.Geometry;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.Orientation;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Volume;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From label maps without a scan to samples. */
class PaintedSamplesTest {

    private static final Shape SIZE = Shape.cube(32);

    @TempDir
    private Path directory;

    private PreparedDataset prepare(LabelMap map, Map<Integer, String> tissues) throws IOException {
        CaseReader reader = new CaseReader() {
            @Override
            public Volume image(Path file) {
                throw new UncheckedIOException(new IOException("there is no image"));
            }

            @Override
            public LabelMap labels(Path file) {
                return map;
            }
        };
        PreparationOptions options = new PreparationOptions(
                        List.of("liver", "kidney", "spleen", "pancreas"), SIZE, SIZE, 20, Orientation.RAS)
                .withPaintedTissues(tissues);
        Path file = Files.writeString(directory.resolve("map"), "map");
        Preparation.Report report = Preparation.run(
                List.of(new CasePair("map", directory.resolve("none"), file)),
                reader,
                directory.resolve("prepared"),
                options,
                Parallelism.SINGLE,
                (id, done, total, problem) -> {});
        assertEquals(Map.of(), report.problems());
        assertEquals(report.dataset(), PreparedDataset.open(directory.resolve("prepared")));
        return report.dataset();
    }

    private static Sample make(PreparedDataset dataset, CascadeStage stage, long seed) throws IOException {
        List<String> labels = dataset.options().labels();
        return new Augmenter(dataset, labels, stage, AugmentOptions.MODERATE, Map.of(), -325, 325, 1e-5)
                .make("map", SIZE, seed);
    }

    private static int count(Sample sample, int label) {
        int count = 0;
        for (byte value : sample.labels()) {
            count += value == label ? 1 : 0;
        }
        return count;
    }

    /** Four balls in a cylinder of muscle, 4 mm a voxel; x grows to the left. */
    private static LabelMap balls() {
        Shape shape = new Shape(60, 60, 80);
        byte[] labels = new byte[shape.arrayLength()];
        int[][] centres = {{30, 30, 25}, {20, 25, 50}, {40, 35, 55}, {32, 30, 42}};
        double[] radii = {12, 6, 7, 4};
        for (int z = 0; z < shape.z(); z++) {
            for (int y = 0; y < shape.y(); y++) {
                for (int x = 0; x < shape.x(); x++) {
                    int label = Math.hypot((y - 30) / 25.0, (x - 40) / 35.0) < 1 ? 5 : 0;
                    for (int i = 0; i < 4; i++) {
                        double dz = z - centres[i][0];
                        double r = Math.hypot(Math.hypot(dz, y - centres[i][1]), x - centres[i][2]);
                        label = r < radii[i] ? i + 1 : label;
                    }
                    labels[shape.index(z, y, x)] = (byte) label;
                }
            }
        }
        return LabelMap.of(shape, Geometry.of(Orientation.of("LAS"), 4, 4, 4), labels);
    }

    private static void assertSound(Sample sample) {
        double sum = 0;
        double squares = 0;
        for (float value : sample.hu()) {
            sum += value;
            squares += (double) value * value;
        }
        int n = sample.hu().length;
        assertEquals(0, sum / n, 0.05);
        assertEquals(1, Math.sqrt(squares / n), 0.1);
        for (byte label : sample.labels()) {
            assertTrue(label >= 0 && label <= 4, "label " + label);
        }
    }

    @Test
    void aMapGivesSamplesForBothNetworks() throws IOException {
        PreparedDataset dataset = prepare(balls(), Map.of(5, "muscle"));
        int cut = 0;
        int whole = 0;
        for (long seed = 0; seed < 24; seed++) {
            Sample fine = make(dataset, CascadeStage.FINE, seed);
            assertSound(fine);
            Sample again = make(dataset, CascadeStage.FINE, seed);
            assertArrayEquals(fine.hu(), again.hu());
            assertArrayEquals(fine.labels(), again.labels());
            assertTrue(count(fine, 1) > 800, "seed " + seed + ": " + count(fine, 1));
            Sample coarse = make(dataset, CascadeStage.COARSE, seed);
            assertSound(coarse);
            boolean all = count(coarse, 1) > 100 && count(coarse, 2) > 10 && count(coarse, 3) > 10;
            whole += all ? 1 : 0;
            cut += all ? 0 : 1;
        }
        assertTrue(whole >= 12, whole + " whole, " + cut + " cut");
        // x is turned to grow to the right, so that the first ball is at the end of x.
        Sample fine = make(dataset, CascadeStage.FINE, 1);
        long x = 0;
        for (int i = 0; i < fine.labels().length; i++) {
            x += fine.labels()[i] == 1 ? i % SIZE.x() - SIZE.x() / 2 : 0;
        }
        assertTrue(x > 0);
    }

    /** A real map with 35 tissues of which four are learned, every fourth voxel of it. */
    @Test
    @Tag("shared")
    void aRealMapGivesSamples() throws IOException {
        Path archive = Path.of("../../shared/data/label_maps/labels.npz");
        try (ZipFile zip = new ZipFile(archive.toFile());
                DataInputStream in = new DataInputStream(zip.getInputStream(zip.getEntry("btcv_0021.npy")))) {
            in.skipNBytes(8);
            int length = Short.reverseBytes(in.readShort());
            String header = new String(in.readNBytes(length), StandardCharsets.ISO_8859_1);
            Matcher extents = Pattern.compile("\\((\\d+), (\\d+), (\\d+)\\)").matcher(header);
            assertTrue(extents.find() && header.contains("'|u1'"), header);
            Shape full = new Shape(
                    Integer.parseInt(extents.group(1)),
                    Integer.parseInt(extents.group(2)),
                    Integer.parseInt(extents.group(3)));
            byte[] labels = in.readNBytes(full.arrayLength());
            Shape small = new Shape(full.z() / 4, full.y() / 4, full.x() / 4);
            byte[] every = new byte[small.arrayLength()];
            for (int z = 0; z < small.z(); z++) {
                for (int y = 0; y < small.y(); y++) {
                    for (int x = 0; x < small.x(); x++) {
                        every[small.index(z, y, x)] = labels[full.index(4 * z, 4 * y, 4 * x)];
                    }
                }
            }
            PreparedDataset dataset =
                    prepare(LabelMap.of(small, Geometry.of(Orientation.RAS, 8, 8, 8), every), Map.of());
            for (long seed = 0; seed < 6; seed++) {
                Sample fine = make(dataset, CascadeStage.FINE, seed);
                assertSound(fine);
                assertTrue(count(fine, 1) > 500 && count(fine, 3) > 50, "seed " + seed);
                assertSound(make(dataset, CascadeStage.COARSE, seed));
            }
        }
    }
}
