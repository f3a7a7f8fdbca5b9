// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.efficientsegnet.io.Volumes;
import org.efficientsegnet.io.format.FormatException;
import org.efficientsegnet.io.format.ReadOptions;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Volume;
import org.efficientsegnet.volume.Voxels;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A clinical series, read as it is and as other programs encode it again. */
@Tag("shared")
class SharedSeriesTest {

    private static Path series;
    private static Volume original;

    @TempDir
    Path folder;

    @BeforeAll
    static void read() throws IOException {
        series = Path.of(System.getProperty("efficientsegnet.shared", ""), "data", "cptac_pda_c3l00189_dicom");
        assumeTrue(Files.isDirectory(series));
        original = Volumes.read(series);
    }

    private static List<Path> files() throws IOException {
        try (Stream<Path> all = Files.list(series)) {
            return all.filter(f -> f.toString().endsWith(".dcm")).sorted().toList();
        }
    }

    @Test
    void geometryAndValues() {
        assertEquals(new Shape(35, 512, 512), original.shape());
        assertArrayEquals(
                new double[] {-0.859375, 0, 0, 235.56, 0, -0.859375, 0, 220, 0, 0, 5, -178.329},
                original.geometry().affine(),
                1e-9);
        assertEquals(-1024, original.hu(0, 0, 0), "outside the field of view");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "dcmconv +ti",
                "dcmconv +tb",
                "dcmconv +td",
                "dcmconv -F +ti",
                "dcmcrle",
                "dcmcjpeg +e1",
                "dcmcjpeg +el +sv 6",
                "dcmcjpls",
                "gdcmconv --jpegls",
                "gdcmconv --jpeg",
                "gdcmconv --j2k"
            })
    void encodedAgainItIsTheSame(String command) throws IOException, InterruptedException {
        assumeTrue(isInstalled(command.split(" ")[0]), "not installed: " + command);
        int i = 0;
        for (Path file : files()) {
            List<String> arguments = new ArrayList<>(List.of(command.split(" ")));
            arguments.add(file.toString());
            arguments.add(folder.resolve("image" + i++).toString());
            Process process = new ProcessBuilder(arguments)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            assertEquals(0, process.waitFor(), arguments::toString);
        }
        assertSame(Volumes.read(folder));
    }

    @Test
    void namesDoNotMatter() throws IOException {
        List<Path> shuffled = new ArrayList<>(files());
        Collections.shuffle(shuffled, new Random(3));
        for (int i = 0; i < shuffled.size(); i++) {
            Files.copy(shuffled.get(i), folder.resolve("image" + i));
        }
        assertSame(Volumes.read(folder));
    }

    @Test
    void aMissingSliceIsReported() throws IOException {
        List<Path> all = files();
        for (Path file : all) {
            if (!file.equals(all.get(17))) {
                Files.copy(file, folder.resolve(file.getFileName()));
            }
        }
        FormatException e = assertThrows(FormatException.class, () -> Volumes.read(folder));
        DicomSeriesTest.assertMessage(e, "1 slice is missing", "1-17.dcm", "1-19.dcm");
    }

    @Test
    void labelsComeBackFromSeg() throws IOException {
        byte[] labels = new byte[original.shape().arrayLength()];
        for (int i = 0; i < labels.length; i++) {
            float stored = original.voxels().get(i);
            labels[i] = (byte) (stored > 1300 ? 1 : stored > 1100 ? 2 : stored > 1000 ? 3 : 0);
        }
        LabelMap map = LabelMap.of(original.shape(), original.geometry(), labels);
        Path file = folder.resolve("labels.dcm");
        DicomSeg.write(map, DicomSeries.choose(series, ReadOptions.DEFAULT), file, DicomSeg.Options.DEFAULT);
        LabelMap back = DicomSeg.read(file, ReadOptions.DEFAULT);
        assertArrayEquals(labels, back.labels());
        assertTrue(back.geometry().isCloseTo(original.geometry(), 1e-4));
    }

    private static void assertSame(Volume volume) {
        assertEquals(original.geometry(), volume.geometry());
        assertEquals(original.slope(), volume.slope());
        assertEquals(original.intercept(), volume.intercept());
        assertArrayEquals(((Voxels.Shorts) original.voxels()).values(), ((Voxels.Shorts) volume.voxels()).values());
    }

    private static boolean isInstalled(String program) throws InterruptedException {
        try {
            Process process = new ProcessBuilder(program, "--version")
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            return process.waitFor(10, TimeUnit.SECONDS);
        } catch (IOException e) {
            return false;
        }
    }
}
