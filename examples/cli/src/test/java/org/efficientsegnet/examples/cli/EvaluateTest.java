// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.efficientsegnet.io.LabelMaps;
import org.efficientsegnet.volume.Geometry;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.Layout;
import org.efficientsegnet.volume.Orientation;
import org.efficientsegnet.volume.Shape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Cubes of 4 voxels an edge, whose scores are known by arithmetic; voxels of 2 x 3 x 4 mm (x, y, z). */
class EvaluateTest {

    private static final Shape SHAPE = new Shape(10, 11, 12);

    @TempDir
    Path folder;

    private Path cube(String name, int label, int x0) throws IOException {
        byte[] labels = new byte[SHAPE.arrayLength()];
        for (int z = 3; z < 7; z++) {
            for (int y = 3; y < 7; y++) {
                for (int x = x0; x < x0 + 4; x++) {
                    labels[SHAPE.index(z, y, x)] = (byte) label;
                }
            }
        }
        return write(name, LabelMap.of(SHAPE, Geometry.of(Orientation.of("RAS"), 2, 3, 4), labels));
    }

    private Path write(String name, LabelMap map) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        LabelMaps.write(map, file);
        return file;
    }

    private static JsonNode json(Path reference, Path prediction, String... more) throws IOException {
        String[] arguments = new String[4 + more.length];
        arguments[0] = "evaluate";
        arguments[1] = reference.toString();
        arguments[2] = prediction.toString();
        arguments[3] = "--json";
        System.arraycopy(more, 0, arguments, 4, more.length);
        Program run = Program.run(arguments);
        assertEquals(ExitCodes.OK, run.code(), run::toString);
        return new ObjectMapper().readTree(run.out());
    }

    @Test
    void labelsThatTheFilesCallDifferentlyAreTold() throws IOException {
        Geometry geometry = Geometry.of(Orientation.of("RAS"), 2, 3, 4);
        byte[] labels = new byte[SHAPE.arrayLength()];
        labels[7] = 2;
        Path sides =
                write("sides.nrrd", new LabelMap(SHAPE, geometry, labels, new TreeMap<>(Map.of(2, "right kidney"))));
        Path both = write("both.nrrd", new LabelMap(SHAPE, geometry, labels, new TreeMap<>(Map.of(2, "kidney"))));
        Program run = Program.run("evaluate", sides.toString(), both.toString());
        assertEquals(ExitCodes.OK, run.code(), run::toString);
        assertEquals(
                "note: label 2 is right kidney in " + sides + " and kidney in " + both,
                run.err().strip());
        assertEquals(
                "",
                Program.run("evaluate", sides.toString(), both.toString(), "--names", "liver,kidney")
                        .err());
        assertEquals(
                "", Program.run("evaluate", both.toString(), both.toString()).err());
    }

    @Test
    void equalMapsAreAtNoDistance() throws IOException {
        JsonNode score = json(cube("a.nii.gz", 1, 4), cube("b.nii", 1, 4)).at("/cases/0/labels/0");
        assertEquals(1, score.get("dsc").asDouble());
        assertEquals(1, score.get("nsd").asDouble());
        assertEquals(0, score.get("assd_mm").asDouble());
        assertEquals(0, score.get("hd95_mm").asDouble());
        assertEquals(64 * 24 / 1000.0, score.get("reference_ml").asDouble(), 1e-9);
    }

    @Test
    void aShiftByOneVoxelIsThatVoxelsWidthAway() throws IOException {
        Path a = cube("a.nii.gz", 1, 4);
        Path b = cube("b.nii.gz", 1, 5);
        JsonNode score = json(a, b).at("/cases/0/labels/0");
        assertEquals(2 * 48 / 128.0, score.get("dsc").asDouble(), 1e-12);
        assertEquals(2, score.get("hd95_mm").asDouble(), 1e-9);
        assertTrue(score.get("nsd").asDouble() < 1);
        assertEquals(
                1, json(a, b, "--tolerance", "2").at("/cases/0/labels/0/nsd").asDouble());
    }

    @ParameterizedTest
    @ValueSource(strings = {"LPS", "SAR", "AIL"})
    void axesOfThePredictionAreTurned(String code) throws IOException {
        Path reference = cube("a.nii.gz", 2, 4);
        LabelMap map = LabelMaps.read(cube("b.nii.gz", 2, 5));
        Orientation to = Orientation.of(code);
        Layout layout = map.oriented(to);
        Shape shape = layout.shape();
        byte[] labels = new byte[shape.arrayLength()];
        for (int z = 0; z < shape.z(); z++) {
            for (int y = 0; y < shape.y(); y++) {
                for (int x = 0; x < shape.x(); x++) {
                    labels[shape.index(z, y, x)] = map.labels()[layout.index(z, y, x)];
                }
            }
        }
        Path turned = write("c.nii.gz", LabelMap.of(shape, map.geometry().reorient(map.shape(), to), labels));
        JsonNode score = json(reference, turned).at("/cases/0/labels/0");
        assertEquals(0.75, score.get("dsc").asDouble(), 1e-12);
        assertEquals(2, score.get("hd95_mm").asDouble(), 1e-5);
    }

    @Test
    void aLabelThatOneMapLacksIsInfinitelyFar() throws IOException {
        Path a = cube("a.nii.gz", 1, 4);
        Path b = cube("b.nii.gz", 2, 4);
        Program table = Program.run("evaluate", a.toString(), b.toString(), "--names", "liver,kidney");
        assertEquals(ExitCodes.OK, table.code(), table::toString);
        assertTrue(table.out().lines().anyMatch(l -> l.matches("liver +0\\.0000 +0\\.0000 +inf +inf +1\\.5 +0\\.0")));
        assertTrue(table.out().contains("kidney"), table::toString);
        assertTrue(json(a, b).at("/cases/0/labels/0/hd95_mm").isNull());
    }

    @Test
    void foldersArePairedByNameAndAveraged() throws IOException {
        cube("reference/a.nii.gz", 1, 4);
        cube("reference/sub/b.nii", 1, 4);
        cube("prediction/a_0000.nii.gz", 1, 4);
        cube("prediction/sub/b.nii.gz", 1, 5);
        cube("prediction/surplus.nii.gz", 1, 5);
        Path reference = folder.resolve("reference");
        Path prediction = folder.resolve("prediction");
        JsonNode root = json(reference, prediction);
        assertEquals(2, root.get("cases").size());
        assertEquals((1 + 0.75) / 2, root.at("/means/0/dsc").asDouble(), 1e-12);
        assertEquals(1, root.at("/means/0/hd95_mm").asDouble(), 1e-9);
        Program table = Program.run("evaluate", reference.toString(), prediction.toString());
        assertTrue(table.out().contains("mean of 2"), table::toString);
    }

    @Test
    void aMissingPredictionAndAnotherGridAreTold() throws IOException {
        cube("reference/a.nii.gz", 1, 4);
        cube("reference/b.nii.gz", 1, 4);
        cube("reference/c.nii.gz", 1, 4);
        cube("prediction/a.nii.gz", 1, 4);
        write(
                "prediction/b.nii.gz",
                LabelMap.of(Shape.cube(5), Geometry.of(Orientation.of("RAS"), 1, 1, 1), new byte[125]));
        Program run = Program.run(
                "evaluate",
                folder.resolve("reference").toString(),
                folder.resolve("prediction").toString());
        assertEquals(ExitCodes.FAILED, run.code(), run::toString);
        assertTrue(run.err().contains("c.nii.gz: there is no prediction"), run::toString);
        assertTrue(run.err().contains("5x5x5"), run::toString);
        assertTrue(run.out().contains("1.0000"), run::toString);
    }

    @Test
    void wrongInputsAreRefused() throws IOException {
        Path file = cube("a.nii.gz", 1, 4);
        assertEquals(
                ExitCodes.FILE,
                Program.run(
                                "evaluate",
                                file.toString(),
                                folder.resolve("none.nii").toString())
                        .code());
        assertEquals(
                ExitCodes.FILE,
                Program.run("evaluate", file.toString(), folder.toString()).code());
        assertEquals(
                ExitCodes.USAGE,
                Program.run("evaluate", file.toString(), file.toString(), "--tolerance", "-1")
                        .code());
    }
}
