// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.efficientsegnet.examples.toy.TinyScans;
import org.efficientsegnet.examples.toy.TinySeries;
import org.efficientsegnet.io.LabelMaps;
import org.efficientsegnet.volume.LabelMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** DICOM series as inputs of {@code segment}. */
class SegmentDicomTest {

    private static final double[] UNEVEN = {0, 8, 16, 20, 24, 28, 32, 36};

    @TempDir
    Path folder;

    private Path phases() throws IOException {
        Path phases = folder.resolve("phases");
        TinySeries.write(phases, 1, 0, TinySeries.even());
        return TinySeries.write(phases, 2, 1, TinySeries.even());
    }

    private Program segment(Path input, String output, String... options) {
        return Program.run(Stream.concat(
                        Stream.of(
                                "segment",
                                input.toString(),
                                "-o",
                                folder.resolve(output).toString()),
                        Stream.of(options))
                .toArray(String[]::new));
    }

    private byte[] labels(String file) throws IOException {
        return LabelMaps.read(folder.resolve(file)).labels();
    }

    @Test
    void aVolumeOfASeriesIsChosenByItsName() throws IOException {
        Path phases = phases();
        Program run = segment(phases, "l.nii");
        assertEquals(ExitCodes.FILE, run.code(), run::toString);
        assertTrue(
                run.err().contains(TinySeries.UID + "#2 \"tiny\", 8 slice(s) of 10 x 12, acquisition 2"),
                run::toString);
        for (int acquisition = 1; acquisition <= 2; acquisition++) {
            String name = "l" + acquisition;
            assertEquals(
                    ExitCodes.OK,
                    segment(phases, name + ".nii", "--series", TinySeries.UID + "#" + acquisition)
                            .code());
            LabelMap found = LabelMaps.read(folder.resolve(name + ".nii"));
            // The bright block of the second begins a voxel further.
            assertEquals(1, found.label(4, 5, acquisition), "bright");
            assertEquals(acquisition == 1 ? 1 : 0, found.label(4, 5, 0), "bright in the first only");
        }
        assertEquals(
                ExitCodes.OK,
                segment(phases, "l.dcm", "--series", TinySeries.UID + "#2").code());
        assertArrayEquals(labels("l2.nii"), labels("l.dcm"));
    }

    @Test
    void everyVolumeOfASeriesIsACaseOfABatch() throws IOException {
        phases();
        TinySeries.zip(phases(), folder.resolve("study.zip"));
        Path scans = Files.createDirectory(folder.resolve("scans"));
        Files.move(folder.resolve("phases"), scans.resolve("phases"));
        Files.move(folder.resolve("study.zip"), scans.resolve("study.zip"));
        Program run = segment(scans, "out");
        assertEquals(ExitCodes.OK, run.code(), run::toString);
        List<String> table = Files.readAllLines(folder.resolve("out").resolve("summary.csv"));
        assertEquals(5, table.size(), table::toString);
        for (String input : List.of("phases", "study")) {
            for (int acquisition = 1; acquisition <= 2; acquisition++) {
                String name = input + "/" + TinySeries.UID + "#" + acquisition;
                assertTrue(table.stream().anyMatch(row -> row.startsWith(name + ",")), table::toString);
                LabelMap found = LabelMaps.read(folder.resolve("out").resolve(name + ".nii.gz"));
                assertEquals(acquisition == 1 ? 1 : 0, found.label(4, 5, 0), name);
            }
        }
        assertTrue(segment(scans, "out").out().contains("4 with a result (4 kept"));
    }

    @Test
    void anArchiveIsReadAsTheFolderInIt() throws IOException {
        Path series = TinySeries.write(folder.resolve("series"), 1, 0, TinySeries.even());
        Path zip = TinySeries.zip(series, folder.resolve("study.zip"));
        assertEquals(ExitCodes.OK, segment(series, "a.nii").code());
        Program run =
                segment(zip, "b.dcm", "--report", folder.resolve("run.json").toString());
        assertEquals(ExitCodes.OK, run.code(), run::toString);
        assertArrayEquals(labels("a.nii"), labels("b.dcm"));
        JsonNode report = new ObjectMapper().readTree(folder.resolve("run.json").toFile());
        assertEquals("study.zip", report.at("/input/files/0/name").asText());
    }

    @Test
    void unevenSpacingAndUnreadableFilesAreErrorsUnlessAllowedAndThenRemarks() throws IOException {
        Path series = TinySeries.write(folder.resolve("series"), 1, 0, UNEVEN);
        Files.write(series.resolve("IM1_9.dcm"), new byte[0]);
        Files.writeString(series.resolve("notes.txt"), "nothing");
        Program run = segment(series, "l.nii");
        assertEquals(ExitCodes.FILE, run.code(), run::toString);
        assertTrue(run.err().contains("IM1_9.dcm") && run.err().contains("--skip-unreadable"), run::toString);
        run = segment(series, "l.nii", "--skip-unreadable");
        assertEquals(ExitCodes.FILE, run.code(), run::toString);
        assertTrue(run.err().contains("--allow-uneven"), run::toString);

        Path report = folder.resolve("run.json");
        Path html = folder.resolve("run.html");
        run = segment(
                series,
                "l.nii",
                "--skip-unreadable",
                "--allow-uneven",
                "--report",
                report.toString(),
                "--html",
                html.toString());
        assertEquals(ExitCodes.OK, run.code(), run::toString);
        assertEquals(10, LabelMaps.read(folder.resolve("l.nii")).shape().z());
        String remarks = new ObjectMapper()
                .readTree(report.toFile())
                .at("/input/remarks")
                .toString();
        for (String remark : List.of("resampled to 10 at 4.000 mm", "IM1_9.dcm", "notes.txt")) {
            assertTrue(run.err().contains(remark), run::toString);
            assertTrue(remarks.contains(remark), remarks);
            assertTrue(Files.readString(html).contains(remark));
        }

        run = segment(folder, "out");
        assertEquals(ExitCodes.FAILED, run.code(), run::toString);
        run = segment(folder, "out", "--skip-unreadable", "--allow-uneven");
        assertEquals(ExitCodes.OK, run.code(), run::toString);
        String table = Files.readString(folder.resolve("out").resolve("summary.csv"));
        assertTrue(table.contains("notes.txt") && table.contains("resampled to 10"), table);
        run = segment(folder, "out");
        assertEquals(ExitCodes.FAILED, run.code(), "a result of other settings is not kept: " + run);
    }

    @Test
    void aCompressedPairIsOneCase() throws IOException {
        Path scans = Files.createDirectory(folder.resolve("scans"));
        byte[] nifti = TinyScans.nifti(0);
        byte[] header = Arrays.copyOf(nifti, 348);
        header[345] = 'i';
        // The voxels of a pair begin where its data file does.
        header[108] = 0;
        header[109] = 0;
        header[110] = 0;
        header[111] = 0;
        gzip(scans.resolve("air.hdr.gz"), header);
        gzip(scans.resolve("air.img.gz"), TinyScans.voxels(0));
        Program run = segment(scans, "out");
        assertEquals(ExitCodes.OK, run.code(), run::toString);
        assertTrue(run.out().contains("1 case: 1 with a result"), run::toString);
        assertTrue(Files.exists(folder.resolve("out").resolve("air.nii.gz")));
    }

    private static void gzip(Path file, byte[] bytes) throws IOException {
        try (var out = new GZIPOutputStream(Files.newOutputStream(file))) {
            out.write(bytes);
        }
    }

    @Test
    void namesAreAsLongAsTheFileSystemAllowsAndLongerOnesAreToldBefore() throws IOException {
        Path scan = TinyScans.write(folder, "ct", 0);
        String longest = "l".repeat(248) + ".nii.gz";
        assertEquals(ExitCodes.OK, segment(scan, longest).code());
        assertTrue(Files.exists(folder.resolve(longest)));
        Program run = segment(scan, "l" + longest, "--engine", "abacus");
        assertEquals(ExitCodes.USAGE, run.code(), run::toString);
        assertTrue(run.err().contains("l" + longest), run::toString);

        Path scans = Files.createDirectory(folder.resolve("scans"));
        Files.copy(scan, scans.resolve("s".repeat(253)));
        run = segment(scans, "out");
        assertEquals(ExitCodes.FAILED, run.code(), run::toString);
        assertTrue(run.err().contains("s".repeat(253) + ".nii.gz"), run::toString);
    }
}
