// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.efficientsegnet.examples.toy.TinyScans;
import org.efficientsegnet.examples.toy.ToyEngine;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Batches of thirty scans in four formats, six of them broken, each in another way. */
class SegmentBatchTest {

    private static final int WHOLE = 24;
    private static final int BROKEN = 6;

    @TempDir
    Path folder;

    private Path scans;
    private Path results;

    @Test
    void thirtyInputsEndWithTwentyFourResultsAndSixExplainedFailures() throws IOException {
        makeScans();
        Program run = segment();
        assertEquals(ExitCodes.FAILED, run.code(), run::toString);
        assertEquals(WHOLE, labelMaps().size());
        assertTrue(run.out().contains("30 cases: 24 with a result, 6 failed"), run::toString);

        List<String> table = Files.readAllLines(results.resolve("summary.csv"));
        assertEquals("case,input,series,status,seconds,liver_ml,spleen_ml,warnings,error", table.get(0));
        assertEquals(1 + WHOLE + BROKEN, table.size());
        assertEquals(
                BROKEN, table.stream().filter(row -> row.contains(",failed,")).count());
        assertFailure(table, "empty", "empty.nii");
        assertFailure(table, "cut", "cut.nii.gz");
        assertFailure(table, "noise", "noise.nii.gz");
        assertFailure(table, "flat", "flat.nii");
        assertFailure(table, "huge", "huge.nii");
        assertFailure(table, "deep/text", "text.nrrd");
    }

    private static void assertFailure(List<String> table, String name, String inMessage) {
        String row =
                table.stream().filter(r -> r.startsWith(name + ",")).findFirst().orElseThrow();
        String[] cells = row.split(",", 9);
        assertEquals("failed", cells[3], row);
        String error = cells[8];
        assertTrue(error.length() > 20 && error.contains(inMessage), row);
        assertFalse(error.contains("unexpected"), row);
    }

    @Test
    void runAgainKeepsEverythingAndTriesTheBrokenOnesAgain() throws IOException {
        makeScans();
        segment();
        Map<String, byte[]> first = labelMaps();
        byte[] table = Files.readAllBytes(results.resolve("summary.csv"));
        Program again = segment();
        assertEquals(ExitCodes.FAILED, again.code());
        assertTrue(again.out().contains("24 with a result (24 kept from an earlier run), 6 failed"), again::toString);
        assertSame(first, labelMaps());
        // The seconds of those that failed again may differ by a rounding.
        assertEquals(withoutSeconds(table), withoutSeconds(Files.readAllBytes(results.resolve("summary.csv"))));
    }

    private static List<String> withoutSeconds(byte[] table) {
        return new String(table, StandardCharsets.UTF_8)
                .lines()
                .map(row -> row.replaceFirst(",(done|failed),[0-9.]+,", ",$1,"))
                .toList();
    }

    @Test
    void changedInputIsDoneAgainAndItsOldResultNeverStands() throws IOException {
        makeScans();
        segment();
        Path input = scans.resolve("case_01.nii");
        Path result = results.resolve("case_01.nii.gz");
        byte[] before = Files.readAllBytes(result);
        Files.write(input, TinyScans.nifti(2));
        Files.setLastModifiedTime(input, FileTime.fromMillis(1_000_000_000L));
        Path broken = scans.resolve("case_05.nii");
        Files.write(broken, new byte[100]);

        Program again = segment();
        assertTrue(again.out().contains("23 with a result (22 kept from an earlier run), 7 failed"), again::toString);
        assertFalse(Arrays.equals(before, Files.readAllBytes(result)), "the result of the changed scan is the old one");
        assertFalse(Files.exists(results.resolve("case_05.nii.gz")), "the result of the scan before it broke");
    }

    @Test
    void outputsThatWouldOverwriteEachOtherAreRefusedBeforeTheWork() throws IOException {
        scans = Files.createDirectories(folder.resolve("scans"));
        results = folder.resolve("results");
        TinyScans.write(scans, "a", 0);
        // The page of the viewer of a and the report of a.viewer would have one name.
        TinyScans.write(scans, "a.viewer", 0);
        Files.createDirectories(scans.resolve("a"));
        TinyScans.write(scans.resolve("a"), "liver", 0);
        String at = results.toString();
        for (String[] options :
                new String[][] {{"--html", at, "--viewer", at}, {"--split", at}, {"--format", "dcm", "--rtstruct", at}
                }) {
            Program run = segment(options);
            assertEquals(ExitCodes.USAGE, run.code(), run::toString);
            assertTrue(run.err().contains("is named for two outputs"), run::toString);
            assertFalse(Files.exists(results.resolve("summary.csv")));
        }
        Program apart = segment("--html", at, "--split", folder.resolve("masks").toString(), "--probabilities", at);
        assertEquals(ExitCodes.OK, apart.code(), apart::toString);
        assertTrue(Files.exists(results.resolve("a/liver_probability.nii.gz")));
        assertTrue(Files.exists(results.resolve("a/liver.nii.gz")));
        Path mask = folder.resolve("masks/a/liver.nii.gz");
        Files.delete(mask);
        Program again = segment("--html", at, "--split", folder.resolve("masks").toString(), "--probabilities", at);
        assertTrue(again.out().contains("(2 kept"), again::toString);
        assertTrue(Files.exists(mask), "a mask that was missing");
    }

    @Test
    void otherSettingsOrAMissingOutputAreDoneAgain() throws IOException {
        scans = Files.createDirectories(folder.resolve("scans"));
        results = folder.resolve("results");
        TinyScans.write(scans, "a", 0);
        TinyScans.write(scans, "b", 1);
        assertEquals(ExitCodes.OK, segment().code());
        assertTrue(segment().out().contains("2 kept"));
        assertFalse(segment("--precision", "fp32").out().contains("kept"));
        Files.delete(results.resolve("a.nii.gz"));
        assertTrue(segment("--precision", "fp32").out().contains("(1 kept"));
        assertFalse(segment("--precision", "fp32", "--redo").out().contains("kept"));
    }

    /** A batch in a process of its own, which waits in its fifteenth case or so for being stopped. */
    private Process startSlowBatch(String... options) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-D" + ToyEngine.DELAY_PROPERTY + "=60",
                "-D" + ToyEngine.RUNS_PROPERTY + "=30",
                "-cp",
                System.getProperty("java.class.path"),
                Program.class.getName(),
                "segment",
                scans.toString(),
                "-o",
                results.toString()));
        command.addAll(List.of(options));
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("child.log").toFile())
                .start();
    }

    private void awaitLabelMaps(int count, Process child) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(3);
        while (labelMaps().size() < count && child.isAlive() && System.nanoTime() < deadline) {
            Thread.sleep(5);
        }
    }

    @Test
    void killedInTheMiddleItContinuesToTheSameEnd() throws Exception {
        makeScans();
        Path wholeRun = folder.resolve("whole");
        results = wholeRun;
        segment();
        Map<String, byte[]> expected = labelMaps();
        List<String> expectedTable = withoutSeconds(Files.readAllBytes(results.resolve("summary.csv")));

        results = folder.resolve("killed");
        Process child = startSlowBatch("--jobs", "2");
        awaitLabelMaps(5, child);
        child.destroyForcibly();
        assertTrue(child.waitFor(60, TimeUnit.SECONDS));
        int afterKill = labelMaps().size();
        assertTrue(
                afterKill >= 5 && afterKill < WHOLE,
                afterKill + " results after the kill; " + Files.readString(folder.resolve("child.log")));
        labelMaps().forEach((name, bytes) -> assertArrayEquals(expected.get(name), bytes, name));
        Path halfWritten =
                Files.write(results.resolve(".01234567-89ab-cdef-0123-456789abcdef.case_20.nii.gz"), new byte[9]);

        Program resumed = segment();
        assertEquals(ExitCodes.FAILED, resumed.code());
        assertTrue(resumed.out().contains("30 cases: 24 with a result ("), resumed::toString);
        assertSame(expected, labelMaps());
        assertEquals(expectedTable, withoutSeconds(Files.readAllBytes(results.resolve("summary.csv"))));
        assertFalse(Files.exists(halfWritten));
    }

    @Test
    void signalStopsCleanlyAndTheBatchResumes() throws Exception {
        makeScans();
        Process child = startSlowBatch();
        awaitLabelMaps(3, child);
        child.destroy();
        assertTrue(child.waitFor(60, TimeUnit.SECONDS));
        String log = Files.readString(folder.resolve("child.log"));
        assertTrue(log.contains("not done"), log);
        try (Stream<Path> files = Files.walk(results)) {
            assertTrue(files.noneMatch(f -> f.getFileName().toString().matches("\\.[0-9a-f]{8}-.*")), log);
        }
        Program resumed = segment();
        assertTrue(resumed.out().contains("30 cases: 24 with a result ("), resumed::toString);
    }

    @Test
    void aFolderIsHeldByOneBatchAtATime() throws IOException {
        makeScans();
        try (var held = org.efficientsegnet.examples.batch.OutputFolder.open(results)) {
            Program second = segment();
            assertEquals(ExitCodes.FILE, second.code());
            assertTrue(second.err().contains("another batch is writing to this folder"), second::toString);
            assertEquals(results, held.path());
        }
        assertEquals(ExitCodes.FAILED, segment().code());
    }

    @Test
    void resultsNeverOverwriteInputs() throws IOException {
        scans = folder.resolve("scans");
        Path input = TinyScans.write(scans, "a", 0);
        byte[] bytes = Files.readAllBytes(input);
        results = scans;
        Program run = segment();
        assertEquals(ExitCodes.FILE, run.code());
        assertTrue(run.err().contains("would be overwritten"), run::toString);
        assertArrayEquals(bytes, Files.readAllBytes(input));
    }

    private Program segment(String... options) {
        List<String> arguments = Stream.concat(
                        Stream.of("segment", scans.toString(), "-o", results.toString()), Arrays.stream(options))
                .toList();
        return Program.run(arguments.toArray(String[]::new));
    }

    private void makeScans() throws IOException {
        scans = Files.createDirectories(folder.resolve("scans"));
        results = folder.resolve("results");
        for (int i = 0; i < WHOLE; i++) {
            Path place = i < 20 ? scans : scans.resolve("deep").resolve("deeper");
            TinyScans.write(place, String.format("case_%02d", i), i);
        }
        Files.write(scans.resolve("empty.nii"), new byte[0]);
        Files.write(scans.resolve("cut.nii.gz"), Arrays.copyOf(TinyScans.niftiGz(0), 60));
        byte[] noise = new byte[5000];
        new java.util.Random(7).nextBytes(noise);
        Files.write(scans.resolve("noise.nii.gz"), noise);
        Files.write(scans.resolve("flat.nii"), withDimension(TinyScans.nifti(0), 3, 1));
        Files.write(scans.resolve("huge.nii"), withDimension(TinyScans.nifti(0), 3, 30000));
        Files.writeString(scans.resolve("deep").resolve("text.nrrd"), "this is not an image");
        Files.writeString(scans.resolve("README.txt"), "scans for a test");
    }

    private static byte[] withDimension(byte[] nifti, int axis, int extent) {
        nifti[40 + 2 * axis] = (byte) extent;
        nifti[41 + 2 * axis] = (byte) (extent >> 8);
        return nifti;
    }

    private Map<String, byte[]> labelMaps() throws IOException {
        Map<String, byte[]> maps = new TreeMap<>();
        if (!Files.isDirectory(results)) {
            return maps;
        }
        // While a batch runs in another process, temporary files vanish under the eyes of whoever walks over them.
        Files.walkFileTree(results, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                String name = results.relativize(file).toString();
                if (name.endsWith(".nii.gz") && !file.getFileName().toString().startsWith(".")) {
                    maps.put(name, Files.readAllBytes(file));
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException failure) {
                return FileVisitResult.CONTINUE;
            }
        });
        return maps;
    }

    private static void assertSame(Map<String, byte[]> expected, Map<String, byte[]> actual) {
        assertEquals(expected.keySet(), actual.keySet());
        expected.forEach((name, bytes) -> assertArrayEquals(bytes, actual.get(name), name));
    }
}
