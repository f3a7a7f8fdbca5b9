// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import org.efficientsegnet.io.LabelMaps;
import org.efficientsegnet.io.Volumes;
import org.efficientsegnet.io.format.WriteOptions;
import org.efficientsegnet.volume.Axis;
import org.efficientsegnet.volume.Geometry;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.Orientation;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Volume;
import org.efficientsegnet.volume.Voxels;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Rows of labels, voxels of 2 x 3 x 4 mm (x, y, z): 24 mm³ each. */
class LabelsTest {

    private static final Geometry GEOMETRY = Geometry.of(Orientation.of("RAS"), 2, 3, 4);
    private static final byte[] ROW = {1, 1, 0, 1, 3, 3, 3, 0, 3, 0, 0, 3};

    @TempDir
    Path folder;

    private Path map;
    private Path out;

    @BeforeEach
    void write() throws IOException {
        map = folder.resolve("map.nrrd");
        out = folder.resolve("out.nrrd");
        Shape shape = new Shape(1, 1, ROW.length);
        LabelMaps.write(new LabelMap(shape, GEOMETRY, ROW, new TreeMap<>(Map.of(1, "liver", 3, "spleen"))), map);
    }

    private byte[] run(String... options) throws IOException {
        String[] arguments = new String[options.length + 4];
        arguments[0] = "labels";
        arguments[1] = map.toString();
        System.arraycopy(options, 0, arguments, 2, options.length);
        arguments[options.length + 2] = "-o";
        arguments[options.length + 3] = out.toString();
        Program program = Program.run(arguments);
        assertEquals(ExitCodes.OK, program.code(), program::toString);
        return LabelMaps.read(out).labels();
    }

    @Test
    void componentsAreFilteredByNumberAndSize() throws IOException {
        assertArrayEquals(new byte[] {1, 1, 0, 0, 3, 3, 3, 0, 3, 0, 0, 0}, run("--largest", "1,0,2"));
        assertArrayEquals(new byte[] {1, 1, 0, 0, 3, 3, 3, 0, 0, 0, 0, 0}, run("--largest", "1"));
        assertArrayEquals(new byte[] {1, 1, 0, 0, 3, 3, 3, 0, 0, 0, 0, 0}, run("--dust", "24"));
        assertArrayEquals(new byte[] {0, 0, 0, 0, 3, 3, 3, 0, 0, 0, 0, 0}, run("--dust", "48"));
        assertArrayEquals(new byte[] {1, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0}, run("--keep", "1"));
        assertArrayEquals(new byte[] {1, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0}, run("--remove", "3"));
    }

    @Test
    void labelsAreCalledByNameToo() throws IOException {
        assertArrayEquals(new byte[] {1, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0}, run("--keep", "liver"));
        assertArrayEquals(new byte[12], run("--remove", "spleen,1"));
        Program program = Program.run("labels", map.toString(), "--keep", "1,7", "-o", out.toString());
        assertTrue(program.err().contains("--keep 7: no voxel has that label"), program::toString);
    }

    @Test
    void labelsAreRenumberedWithTheirNames() throws IOException {
        assertArrayEquals(new byte[] {1, 1, 0, 1, 2, 2, 2, 0, 2, 0, 0, 2}, run("--renumber"));
        assertEquals(Map.of(1, "liver", 2, "spleen"), LabelMaps.read(out).names());
        assertArrayEquals(new byte[] {2, 2, 0, 2, 1, 1, 1, 0, 1, 0, 0, 1}, run("--renumber=size"));
        assertEquals(Map.of(2, "liver", 1, "spleen"), LabelMaps.read(out).names());
    }

    @Test
    void componentsAreNumbered() throws IOException {
        assertArrayEquals(new byte[] {1, 1, 0, 2, 3, 3, 3, 0, 4, 0, 0, 5}, run("--components", "26"));
    }

    @Test
    void halfTheVoxelsLieWhereTheBlocksWere() throws IOException {
        assertArrayEquals(new byte[] {1, 0, 3, 3, 3, 0}, run("--downsample", "1,1,2"));
        assertArrayEquals(new byte[] {1, 1, 3, 3, 3, 3}, run("--downsample", "1,1,2", "--zero-aware"));
        assertArrayEquals(new byte[] {1, 1, 3, 3, 3, 3}, run("--downsample", "2", "--zero-aware"));
        assertEquals(8, LabelMaps.read(out).geometry().spacing(Axis.Z));
        assertArrayEquals(new byte[] {1, 1, 3, 3, 3, 3}, run("--downsample", "1,1,2", "--zero-aware"));
        assertArrayEquals(
                GEOMETRY.toWorld(0.5, 0, 0), LabelMaps.read(out).geometry().toWorld(0, 0, 0), 1e-9);
    }

    @Test
    void holesAreFilled() throws IOException {
        byte[] labels = new byte[27];
        Arrays.fill(labels, (byte) 2);
        labels[13] = 0;
        labels[4] = 0;
        LabelMaps.write(LabelMap.of(Shape.cube(3), GEOMETRY, labels), map);
        assertEquals(0, run("--fill-holes")[13]);
        byte[] filled = run("--fill-holes=slice");
        assertEquals(2, filled[13]);
        assertEquals(2, filled[4]);
    }

    @Test
    void statisticsAreTold() throws IOException {
        Program table = Program.run("labels", map.toString(), "--stats");
        assertEquals(ExitCodes.OK, table.code(), table::toString);
        assertTrue(table.out().contains("spleen"), table::toString);
        assertEquals(table.out(), Program.run("labels", map.toString()).out());
        Program program = Program.run("labels", map.toString(), "--json");
        JsonNode json = new ObjectMapper().readTree(program.out());
        JsonNode spleen = json.at("/labels/1");
        assertEquals("spleen", spleen.get("name").asText());
        assertEquals(5, spleen.get("voxels").asInt());
        assertEquals(0.12, spleen.get("ml").asDouble(), 1e-12);
        assertEquals(3, spleen.get("components").asInt());
        assertEquals(5, spleen.at("/largest_components/0/centroid_zyx/2").asDouble());
        assertEquals(11, spleen.at("/last_zyx/2").asInt());
    }

    @Test
    void moreThan255ComponentsAreWrittenAndReadInAWiderType() throws IOException {
        byte[] dots = new byte[600];
        for (int i = 0; i < 300; i++) {
            dots[2 * i] = 1;
        }
        map = folder.resolve("dots.nii.gz");
        out = folder.resolve("pieces.nii.gz");
        LabelMaps.write(LabelMap.of(new Shape(1, 1, 600), GEOMETRY, dots), map);
        Program program = Program.run("labels", map.toString(), "--components", "6", "-o", out.toString());
        assertEquals(ExitCodes.OK, program.code(), program::toString);
        Volume pieces = Volumes.read(out);
        assertEquals("uint16", pieces.voxels().typeName());
        assertEquals(300, ((Voxels.Shorts) pieces.voxels()).values()[598]);
        map = out;
        out = folder.resolve("one.nii.gz");
        assertEquals(1, run("--keep", "300", "--renumber")[598]);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--keep livr -o OUT | --keep livr is neither a number nor the name of a label",
                "--out OUT | Possible solutions: --output",
                "--renumber | needs a place",
                "-o OUT | would be a copy",
                "--largest -1 -o OUT | --largest",
                "--connectivity 8 --stats | 6, 18 or 26",
                "--components 4 -o OUT | 6, 18 or 26",
                "--downsample 2,2 -o OUT | one factor or three",
                "--fill-holes=4d -o OUT | 3d or slice",
                "--renumber=name -o OUT | value or size",
                "--zero-aware --stats | --downsample",
                "--dust NaN -o OUT | mm3"
            })
    void wrongUseIsRefused(String options, String says) {
        String text = options == null ? "" : options.replace("OUT", out.toString());
        String[] arguments = ("labels " + map + " " + text).strip().split(" +");
        Program program = Program.run(arguments);
        assertEquals(ExitCodes.USAGE, program.code(), program::toString);
        assertTrue(program.err().contains(says), program::toString);
        assertFalse(Files.exists(out));
    }

    @Test
    void aScanIsNoLabelMap() throws IOException {
        Path scan = folder.resolve("scan.nrrd");
        Volumes.write(Volume.ofHu(new Shape(1, 1, 2), GEOMETRY, new short[] {-1000, 40}), scan, WriteOptions.DEFAULT);
        Program program = Program.run("labels", scan.toString(), "--stats");
        assertEquals(ExitCodes.FILE, program.code(), program::toString);
        assertTrue(program.err().contains("scan.nrrd"), program::toString);
    }
}
