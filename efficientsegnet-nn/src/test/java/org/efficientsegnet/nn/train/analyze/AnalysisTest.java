// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.analyze;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.volume.Axis;
import org.efficientsegnet.volume.Geometry;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.Orientation;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Volume;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AnalysisTest {

    private static final Shape SHAPE = new Shape(6, 7, 12);
    private static final List<String> NAMES = List.of("bar", "dot", "absent");
    private static final double BOX_TO_ELLIPSOID = Math.sqrt(5.0 / 3);

    /** Label 1: 8×2×1 voxels (x, y, z) from (2, 3, 1) with HU 1 to 16; label 2: the voxel (0, 0, 5) with 40 HU. */
    private static CaseAnalysis analyse(String id, Geometry geometry, boolean dot) {
        short[] hu = new short[SHAPE.arrayLength()];
        byte[] labels = new byte[hu.length];
        for (int y = 3; y < 5; y++) {
            for (int x = 2; x < 10; x++) {
                int i = SHAPE.index(1, y, x);
                labels[i] = 1;
                hu[i] = (short) (1 + 8 * (y - 3) + (x - 2));
            }
        }
        if (dot) {
            labels[SHAPE.index(5, 0, 0)] = 2;
            hu[SHAPE.index(5, 0, 0)] = 40;
        }
        return CaseAnalysis.of(id, Volume.ofHu(SHAPE, geometry, hu), LabelMap.of(SHAPE, geometry, labels), NAMES);
    }

    private static Geometry straight() {
        return Geometry.ofAffine(1, 0, 0, -10, 0, 2, 0, 20, 0, 0, 3, 100);
    }

    @Test
    void anOrganIsMeasured() {
        CaseAnalysis.Organ bar = analyse("a", straight(), true).organ("bar").orElseThrow();
        assertEquals(16, bar.voxels());
        assertEquals(16 * 6 / 1000.0, bar.volumeMl(), 1e-12);
        assertEquals(8.5, bar.intensity().mean(), 1e-12);
        assertEquals(Math.sqrt(16 * 17 / 12.0), bar.intensity().sd(), 1e-12);
        assertEquals(1, bar.intensity().percentile005());
        assertEquals(1, bar.intensity().percentile05());
        assertEquals(8, bar.intensity().median());
        assertEquals(16, bar.intensity().percentile95());
        assertEquals(16, bar.intensity().percentile995());
        assertEquals(List.of(-10 + 5.5, 20 + 2 * 3.5, 100 + 3.0), bar.centroid());
        assertEquals(8 * BOX_TO_ELLIPSOID, bar.axesMm().get(0), 1e-9);
        assertEquals(4 * BOX_TO_ELLIPSOID, bar.axesMm().get(1), 1e-9);
        assertEquals(3 * BOX_TO_ELLIPSOID, bar.axesMm().get(2), 1e-9);
        assertEquals(8 / 3.0, bar.axisRatio(), 1e-9);
    }

    @Test
    void aSingleVoxelIsAsLargeAsAVoxel() {
        CaseAnalysis.Organ dot = analyse("a", straight(), true).organ("dot").orElseThrow();
        assertEquals(List.of(-10.0, 20.0, 115.0), dot.centroid());
        assertTrue(Double.isNaN(dot.intensity().sd()));
        assertEquals(40, dot.intensity().median());
        assertEquals(3, dot.axisRatio(), 1e-9);
    }

    @Test
    void axesDoNotDependOnHowTheGridLies() {
        double c = Math.cos(0.4);
        double s = Math.sin(0.4);
        Geometry turned = Geometry.ofAffine(-c, 2 * s, 0, 5, -s, -2 * c, 0, 6, 0, 0, 3, 7);
        CaseAnalysis.Organ bar = analyse("a", turned, false).organ("bar").orElseThrow();
        assertEquals(8 * BOX_TO_ELLIPSOID, bar.axesMm().get(0), 1e-9);
        assertEquals(4 * BOX_TO_ELLIPSOID, bar.axesMm().get(1), 1e-9);
        assertEquals(3 * BOX_TO_ELLIPSOID, bar.axesMm().get(2), 1e-9);
        assertEquals(5 - 5.5 * c + 7 * s, bar.centroid().get(0), 1e-9);
    }

    @Test
    void axesOfABall() {
        Shape shape = Shape.cube(41);
        byte[] labels = new byte[shape.arrayLength()];
        for (int z = 0; z < 41; z++) {
            for (int y = 0; y < 41; y++) {
                for (int x = 0; x < 41; x++) {
                    double r = Math.hypot(z - 20, Math.hypot(y - 20, x - 20));
                    labels[shape.index(z, y, x)] = (byte) (r <= 18 ? 1 : 0);
                }
            }
        }
        Geometry geometry = Geometry.of(Orientation.of("LPS"), 1, 1, 1);
        CaseAnalysis ball = CaseAnalysis.of(
                "ball",
                Volume.ofHu(shape, geometry, new short[labels.length]),
                LabelMap.of(shape, geometry, labels),
                List.of("ball"));
        CaseAnalysis.Organ organ = ball.organ("ball").orElseThrow();
        organ.axesMm().forEach(length -> assertEquals(36, length, 0.3));
        assertEquals(List.of(-20.0, -20.0, 20.0), organ.centroid());
    }

    @Test
    void gridsHaveToAgree() {
        Volume scan = Volume.ofHu(SHAPE, straight(), new short[SHAPE.arrayLength()]);
        LabelMap labels = LabelMap.of(Shape.cube(2), straight(), new byte[8]);
        assertThrows(IllegalArgumentException.class, () -> CaseAnalysis.of("a", scan, labels, NAMES));
    }

    @Test
    void numbersAreSummarised() {
        Distribution d = Distribution.of(4, 1, Double.NaN, 3, 8);
        assertEquals(new Distribution(4, 4, Math.sqrt(26 / 3.0), 1, 3.5, 8), d);
        assertEquals(0, Distribution.of(Double.NaN).count());
        assertTrue(Double.isNaN(Distribution.of(5).sd()));
    }

    private static DatasetAnalysis two() {
        Geometry other = Geometry.of(Orientation.of("LPS"), 2, 2, 5);
        return new DatasetAnalysis(NAMES, List.of(analyse("a", straight(), true), analyse("b", other, false)));
    }

    @Test
    void aDataSetIsMeasured() {
        DatasetAnalysis set = two();
        assertEquals(Map.of("RAS", 1, "LPS", 1), set.orientations());
        assertEquals(12, set.size(Axis.X).mean());
        assertEquals(1.5, set.spacing(Axis.X).mean());
        assertEquals(5, set.spacing(Axis.Z).max());
        assertEquals(18, set.extent(Axis.Z).min());
        assertEquals(List.of("b"), set.missing("dot"));
        assertEquals(List.of("a", "b"), set.missing("absent"));
        assertEquals(
                0.16 * (0.6 + 2) / 2,
                set.of("bar", CaseAnalysis.Organ::volumeMl).mean(),
                1e-12);
        assertEquals(1, set.shift("bar", "dot", 0).count());
        assertEquals(5.5, set.shift("bar", "dot", 0).mean(), 1e-12);
        assertEquals(7, set.shift("bar", "dot", 1).mean(), 1e-12);
        assertEquals(-12, set.shift("bar", "dot", 2).mean(), 1e-12);
        assertEquals(12, set.shift("dot", "bar", 2).mean(), 1e-12);
    }

    @Test
    void theReportSaysTheSame(@TempDir Path directory) throws IOException {
        String table = AnalysisReport.table(two());
        assertTrue(table.startsWith("2 cases, orientations LPS (1) RAS (1)\n"), table);
        assertTrue(table.contains("missing in a, b\n"), table);
        assertTrue(table.lines()
                .anyMatch(line -> line.matches("spacing z, mm +2 +4\\.00 +1\\.41 +3\\.00 +4\\.00 +5\\.00")));
        assertTrue(table.lines().anyMatch(line -> line.matches("superior of dot, mm +1 +-12\\.00 +- .*")), table);
        JsonNode json = new ObjectMapper().readTree(AnalysisReport.json(two()));
        assertEquals(2, json.get("count").asInt());
        assertEquals(8.5, json.at("/cases/a/organs/bar/mean_hu").asDouble());
        assertEquals(-12, json.at("/organs/bar/shift_mm_from/dot/superior/mean").asDouble(), 1e-12);
        assertFalse(json.at("/organs/bar/shift_mm_from/dot/superior").has("sd"));
        assertEquals("b", json.at("/organs/dot/missing/0").asText());
        assertEquals(0, json.at("/organs/absent/volume_ml/cases").asInt());
        Path png = directory.resolve("page.png");
        AnalysisReport.draw(two(), png);
        BufferedImage page = ImageIO.read(png.toFile());
        assertEquals(1680, page.getWidth());
        long colours = Arrays.stream(page.getRGB(0, 0, 1680, 800, null, 0, 1680))
                .distinct()
                .count();
        assertTrue(colours > 10, colours + " colours");
    }

    @Test
    void aBrokenCaseIsLeftOut() throws IOException {
        DatasetAnalysis.Report report = DatasetAnalysis.run(
                NAMES,
                List.of("a", "broken"),
                id -> {
                    if (id.equals("broken")) {
                        throw new IOException("no such file");
                    }
                    return analyse(id, straight(), true);
                },
                Parallelism.common(),
                (id, done, total, problem) -> {});
        assertEquals(
                List.of("a"),
                report.analysis().cases().stream().map(CaseAnalysis::id).toList());
        assertEquals(Map.of("broken", "no such file"), report.problems());
        assertThrows(
                IOException.class,
                () -> DatasetAnalysis.run(
                        NAMES,
                        List.of("x"),
                        id -> {
                            throw new IOException("no");
                        },
                        Parallelism.SINGLE,
                        (id, done, total, problem) -> {}));
    }
}
