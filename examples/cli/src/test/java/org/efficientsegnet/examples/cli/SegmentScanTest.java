// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import javax.imageio.ImageIO;
import org.efficientsegnet.CancellationToken;
import org.efficientsegnet.examples.toy.TinyScans;
import org.efficientsegnet.io.LabelMaps;
import org.efficientsegnet.io.Volumes;
import org.efficientsegnet.io.format.WriteOptions;
import org.efficientsegnet.volume.Geometry;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.Orientation;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Volume;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SegmentScanTest {

    @TempDir
    Path folder;

    private Path scan;

    @BeforeEach
    void makeScan() throws IOException {
        scan = TinyScans.write(folder, "ct", 0);
    }

    @Test
    void writesALabelMapOnTheScansGridAndTellsWhatWasFound() throws IOException {
        Path labels = folder.resolve("new").resolve("folder").resolve("labels.nii.gz");
        Program run = Program.run("segment", scan.toString(), "-o", labels.toString());
        assertEquals(ExitCodes.OK, run.code(), run::toString);
        assertTrue(run.out().contains("liver"), run::toString);
        assertTrue(run.out().contains("wrote " + labels), run::toString);
        LabelMap map = LabelMaps.read(labels);
        assertEquals(TinyScans.NX, map.shape().x());
        assertEquals(TinyScans.NZ, map.shape().z());
        assertEquals(1, map.label(4, 5, 1), "a bright voxel");
        assertEquals(2, map.label(4, 5, 9), "a dark voxel");
        assertEquals(0, map.label(0, 0, 6), "a voxel between them");
    }

    @Test
    void reportsAndPictureAreWrittenWhereTheyAreAskedFor() throws IOException {
        Path report = folder.resolve("run.json");
        Path html = folder.resolve("run.html");
        Path preview = folder.resolve("pictures").resolve("ct.png");
        Program run = Program.run(
                "segment",
                scan.toString(),
                "-o",
                folder.resolve("l.nrrd").toString(),
                "--report",
                report.toString(),
                "--html",
                html.toString(),
                "--preview",
                preview.toString());
        assertEquals(ExitCodes.OK, run.code(), run::toString);
        JsonNode json = new ObjectMapper().readTree(report.toFile());
        assertEquals("toy", json.at("/model/name").asText());
        assertEquals(scan.toString(), json.at("/input/path").asText());
        assertTrue(json.at("/timings_ms/reading").isNumber(), json::toString);
        assertTrue(json.at("/timings_ms/writing").isNumber(), json::toString);
        assertTrue(json.at("/software/SameDiff (ND4J)").isTextual(), json::toString);
        assertTrue(Files.readString(html).contains("spleen"));
        assertTrue(ImageIO.read(preview.toFile()).getWidth() > 1000);
    }

    @Test
    void reportOnStandardOutputIsAllThatIsThere() throws IOException {
        Path labels = folder.resolve("l.nii");
        Program run = Program.run("segment", scan.toString(), "-o", labels.toString(), "--report", "-");
        assertEquals(ExitCodes.OK, run.code(), run::toString);
        JsonNode json = new ObjectMapper()
                .reader()
                .with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                .readTree(run.out());
        assertEquals("toy", json.at("/model/name").asText());
        assertTrue(json.at("/timings_ms/writing").isNumber(), json::toString);
        assertTrue(run.err().contains("wrote " + labels), run::toString);
        assertTrue(Files.exists(labels));
        assertFalse(Files.exists(Path.of("-")));
        Program quiet = Program.run("segment", scan.toString(), "-q", "-o", labels.toString(), "--report", "-");
        assertEquals("", quiet.err());
        assertTrue(quiet.out().startsWith("{"), quiet::toString);
    }

    @Test
    void reportsOfManyScansDoNotGoToStandardOutput() {
        Path many = folder.resolve("many");
        Program run = Program.run("segment", scan.toString(), "-o", many.toString(), "--report", "-");
        assertEquals(ExitCodes.USAGE, run.code(), run::toString);
        assertTrue(run.err().contains("for many scans give a folder"), run::toString);
        assertFalse(Files.exists(many));
    }

    @Test
    void viewerIsAPageWithTheOrgans() throws IOException {
        Path page = folder.resolve("page.html");
        Program run = Program.run(
                "segment", scan.toString(), "-o", folder.resolve("l.nii").toString(), "--viewer", page.toString());
        assertEquals(ExitCodes.OK, run.code(), run::toString);
        assertTrue(run.out().contains("wrote " + page), run::toString);
        String text = Files.readString(page);
        assertTrue(text.contains("<title>" + scan.getFileName() + "</title>"));
        assertTrue(text.contains("aria-label=\"show spleen\""));
    }

    @Test
    void quietSaysNothing() {
        Program run = Program.run(
                "segment", scan.toString(), "-q", "-o", folder.resolve("l.nii").toString());
        assertEquals(ExitCodes.OK, run.code());
        assertEquals("", run.out() + run.err());
    }

    @Test
    void verboseTellsTheEngineAndTheStages() {
        Program run = Program.run(
                "segment", scan.toString(), "-v", "-o", folder.resolve("l.nii").toString());
        assertTrue(run.err().contains("a toy"), run::toString);
        assertTrue(run.err().contains("fine network"), run::toString);
    }

    @Test
    void cancelledRunLeavesNoFile() throws IOException {
        CancellationToken cancelled = new CancellationToken();
        cancelled.cancel();
        Path labels = folder.resolve("labels.nii.gz");
        Program run = Program.run(cancelled, "segment", scan.toString(), "-o", labels.toString());
        assertEquals(ExitCodes.STOPPED, run.code(), run::toString);
        assertFalse(Files.exists(labels));
    }

    @Test
    void otherFormsOfTheLabelsAreWrittenBesideThem() throws IOException {
        Path labels = folder.resolve("labels.nii.gz");
        Path mesh = folder.resolve("meshes").resolve("organs.stl");
        Path colors = folder.resolve("labels.label");
        Path split = folder.resolve("masks");
        Program run = Program.run(
                "segment",
                scan.toString(),
                "-o",
                labels.toString(),
                "--organs",
                "liver",
                "--mesh",
                mesh.toString(),
                "--colors",
                colors.toString(),
                "--split",
                split.toString());
        assertEquals(ExitCodes.OK, run.code(), run::toString);
        LabelMap map = LabelMaps.read(labels);
        assertEquals(Map.of(1, "liver"), map.names());
        assertTrue(Files.size(mesh) > 84);
        assertTrue(Files.readString(colors).contains("\"liver\""));
        assertArrayEquals(
                map.mask("liver"), LabelMaps.read(split.resolve("liver.nii.gz")).labels());
    }

    /** The tiny spleen of the tiny scan is doubtful, and so is its spacing. */
    @Test
    void nothingIsSaidOfOrgansThatAreLeftOut() {
        String labels = folder.resolve("labels.nii.gz").toString();
        Program spleen = Program.run("segment", scan.toString(), "-o", labels, "--organs", "spleen");
        assertTrue(spleen.err().contains("The spleen is doubtful"), spleen::toString);
        Program liver = Program.run("segment", scan.toString(), "-o", labels, "--organs", "liver");
        assertEquals(ExitCodes.OK, liver.code(), liver::toString);
        assertFalse(liver.err().contains("The spleen is doubtful"), liver::toString);
        assertTrue(liver.err().contains("The scan has no plausible size"), liver::toString);
    }

    @Test
    void probabilityMapsAreWrittenBesideTheLabels() throws IOException {
        Path maps = folder.resolve("maps");
        Path labels = folder.resolve("labels.nii.gz");
        Program run = Program.run(
                "segment",
                scan.toString(),
                "-o",
                labels.toString(),
                "--probabilities",
                maps.toString(),
                "--organs",
                "liver");
        assertEquals(ExitCodes.OK, run.code(), run::toString);
        assertTrue(run.out().contains("wrote " + maps.resolve("liver_probability.nii.gz")), run::toString);
        assertFalse(Files.exists(maps.resolve("spleen_probability.nii.gz")), "an organ that was not asked for");
        Volume liver = Volumes.read(maps.resolve("liver_probability.nii.gz"));
        LabelMap map = LabelMaps.read(labels);
        assertEquals(map.geometry(), liver.geometry());
        assertTrue(liver.hu(4, 5, 1) > 0.9, "a bright voxel");
        assertEquals(0, liver.hu(4, 5, 9), 0.1, "a dark voxel");
    }

    @Test
    void aRunThatFailsLeavesNoProbabilityMaps() throws IOException {
        Path maps = Files.createDirectories(folder.resolve("maps"));
        Files.createDirectories(maps.resolve("spleen_probability.nii.gz").resolve("in the way"));
        Program run = Program.run(
                "segment",
                scan.toString(),
                "-o",
                folder.resolve("labels.nii.gz").toString(),
                "--probabilities",
                maps.toString());
        assertEquals(ExitCodes.FILE, run.code(), run::toString);
        assertTrue(run.err().contains("spleen_probability.nii.gz"), run::toString);
        assertFalse(Files.exists(maps.resolve("liver_probability.nii.gz")), "written before the failure");
        assertFalse(Files.exists(folder.resolve("labels.nii.gz")));
    }

    @ParameterizedTest(name = "segment {0} gives {1}: {2}")
    @CsvSource(
            delimiter = '|',
            value = {
                "SCAN | 2 | '--output=OUT'",
                "SCAN -o OUT/l.png | 2 | no format is written under that ending",
                "SCAN SCAN -o OUT/l.nii.gz | 2 | need a folder",
                "SCAN -o SCAN | 2 | would be overwritten",
                "SCAN -o TEXT | 2 | no format is written under that ending",
                "SCAN -o OUT/l.nii --report OUT/../out/l.nii | 2 | two outputs",
                "SCAN -o OUT/l.nii --preview OUT | 2 | is a folder",
                "SCAN -o OUT/l.nii --viewer OUT/page.png | 2 | must end in .html",
                "SCAN -o OUT/l.nii --html OUT/page.pdf | 2 | must end in .html",
                "SCAN -o OUT/l.nii --preview OUT/page.jpg | 2 | must end in .png",
                "SCAN -o OUT/l.nii --mesh OUT/m.obj --colors OUT/m.mtl | 2 | two outputs",
                "SCAN -o OUT/l.nii --format nrrd | 2 | --format is for many scans",
                "SCAN -o OUT/l.nii --jobs 0 | 2 | --jobs",
                "SCAN --out OUT/l.nii | 2 | Unknown option: '--out'",
                "SCAN -o EMPTY | 2 | empty name",
                "SCAN -o OUT/l.nii --threads 0 | 2 | not a number of threads",
                "SCAN -o OUT/l.nii --device -1 | 2 | not the number of a device",
                "SCAN -o OUT/l.nii --precision fp8 | 2 | --precision",
                "SCAN -o OUT/l.nii --wrong | 2 | --wrong",
                "SCAN -o OUT --series 1.2.3 | 2 | --series",
                "SCAN -o OUT --jobs 0 | 2 | --jobs",
                "SCAN -o OUT --format png | 2 | --format",
                "OUT/none.nii -o OUT/l.nii | 3 | no such file",
                "OUT/none -o OUT | 3 | no such file",
                "OUT/empty -o OUT/results | 3 | no scan was found",
                "TEXT -o OUT/l.nii | 3 | none of the known formats",
                "SCAN -o TEXT/l.nii | 3 | ct.txt: is",
                "SCAN -o TEXT/deep/l.nii | 3 | ct.txt: is not a folder",
                "SCAN -o OUT/l.dcm | 3 | l.dcm: a DICOM segmentation object refers to the slices of a DICOM series",
                "SCAN -o OUT/l.nii --series 1.2.3 | 3 | which has no series",
                "NANS -o OUT/l.nii | 4 | nan.nii: 1 voxel is not a finite number",
                "SCAN -o OUT/l.nii --engine abacus | 4 | abacus",
                "SCAN -o OUT/l.nii --mesh OUT/organs.ply | 2 | .stl or .obj",
                "SCAN -o OUT/l.nii --colors OUT/l.nii | 2 | two outputs",
                "SCAN -o OUT/l.nii --colors OUT/l.txt | 2 | .label or .ctbl",
                "SCAN -o OUT/l.nii --rtstruct OUT/c.dcm | 3 | a DICOM RT structure set refers to the slices",
                "SCAN -o OUT/l.nii --organs heart | 4 | heart: the model knows",
                "SCAN -o OUT/liver.nii.gz --split OUT | 2 | liver.nii.gz is named for two outputs",
                "SCAN -o OUT --format dcm --rtstruct OUT | 2 | ct.dcm is named for two outputs",
            })
    void errorsAreOneLineWithTheirExitCode(String arguments, int code, String message) throws IOException {
        Path text = Files.writeString(folder.resolve("ct.txt"), "no scan");
        Files.createDirectories(folder.resolve("out").resolve("empty"));
        String[] words = ("segment " + arguments)
                .replace("SCAN", scan.toString())
                .replace("TEXT", text.toString())
                .replace("EMPTY", "")
                .replace("NANS", withNan().toString())
                .replace("OUT", folder.resolve("out").toString())
                .split(" ", -1);
        Program run = Program.run(words);
        assertEquals(code, run.code(), run::toString);
        assertTrue(run.err().contains(message), run::toString);
        assertFalse(run.err().contains("\tat "), "a stack trace without --verbose: " + run);
        if (code != ExitCodes.USAGE) {
            assertEquals(1, run.err().lines().count(), run::toString);
        }
    }

    private Path withNan() throws IOException {
        float[] hu = new float[64];
        hu[5] = Float.NaN;
        Path file = folder.resolve("nan.nii");
        Volumes.write(
                Volume.ofHu(Shape.cube(4), Geometry.of(Orientation.RAS, 4, 4, 4), hu), file, WriteOptions.DEFAULT);
        return file;
    }

    @Test
    void verboseShowsTheStackTrace() {
        Program run = Program.run("segment", "-v", folder.resolve("none.nii").toString(), "-o", "l.nii");
        assertEquals(ExitCodes.FILE, run.code());
        assertTrue(run.err().contains("\tat "), run::toString);
    }
}
