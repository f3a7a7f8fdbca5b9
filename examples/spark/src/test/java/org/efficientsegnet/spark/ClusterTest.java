// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.spark;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.spark.launcher.JavaModuleOptions;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.efficientsegnet.SegmenterLoadException;
import org.efficientsegnet.spark.toy.TinyScans;
import org.efficientsegnet.spark.toy.ToyEngine;
import org.efficientsegnet.spark.toy.ToyModels;
import org.efficientsegnet.spark.toy.VaultFileSystem;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On executors in virtual machines of their own, from and to a file system that no path leads to. */
@Tag("slow")
class ClusterTest {

    private static final String IN = "vault://archive/ct/";
    private static final String OUT = "vault://results/run1";

    @TempDir
    Path base;

    private Path archive;
    private Path results;
    private Path model;
    private Path told;

    @BeforeEach
    void prepare() throws IOException {
        archive = Files.createDirectories(base.resolve("archive/ct"));
        results = base.resolve("results/run1");
        Path models = Files.createDirectories(base.resolve("models"));
        model = ToyModels.write(models, "toy");
        ToyModels.write(models, ToyModels.UNLOADABLE);
        told = Files.createDirectories(base.resolve("told"));
        Files.createFile(told.resolve("go"));
    }

    private SparkSession start() {
        return TestSpark.cluster(2, 1024)
                .config("spark.hadoop.fs.vault.impl", VaultFileSystem.class.getName())
                .config("spark.hadoop.fs.vault.impl.disable.cache", true)
                .config("spark.hadoop." + VaultFileSystem.BASE, base.toString())
                .config(
                        "spark.executor.extraJavaOptions",
                        JavaModuleOptions.defaultModuleOptions() + " -D" + ToyEngine.FOLDER + "=" + told)
                .getOrCreate();
    }

    private static OrganSegmentation batch() {
        return OrganSegmentation.to(OUT).model("vault://models/toy.toy").casesPerTask(4);
    }

    private void writeScans(int number) throws IOException {
        List<String> endings = List.of(".nii.gz", ".nii", ".mha", ".nrrd");
        for (int i = 0; i < number; i++) {
            TinyScans.write(archive.resolve("case" + i + endings.get(i % 4)), i);
        }
    }

    private Set<String> told(String what) throws IOException {
        try (Stream<Path> files = Files.list(told)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.startsWith(what + "-"))
                    .map(name -> name.substring(what.length() + 1))
                    .collect(Collectors.toSet());
        }
    }

    @Test
    void aBatchEndsWhateverItsCasesDo() throws IOException {
        writeScans(16);
        TinyScans.writeDicom(archive.resolve("study/series"), "2.25.1", 17);
        TinyScans.writeDeadly(archive.resolve("deadly1.nii"));
        TinyScans.writeDeadly(archive.resolve("deadly2.nrrd"));
        Files.writeString(archive.resolve("bad1.nii.gz"), "no scan");
        Files.writeString(archive.resolve("bad2.mha"), "ObjectType = Image\n");
        Files.createFile(archive.resolve("empty.nii"));
        try (SparkSession spark = start()) {
            Dataset<Row> cases = Cases.find(spark, IN)
                    .union(Cases.of(
                            spark,
                            List.of(
                                    RowFactory.create("missing1", IN + "missing1.nii", null),
                                    RowFactory.create("missing2", IN + "missing2.nii", null))));
            assertEquals(24, cases.count());
            Map<String, Row> rows = Expected.byId(batch().run(cases));
            assertEquals(24, rows.size());
            rows.forEach((id, row) -> {
                String status = id.startsWith("deadly")
                        ? "crashed"
                        : id.startsWith("case") || id.startsWith("study") ? "done" : "failed";
                assertEquals(status, row.getAs("status"), () -> id + ": " + row.getAs("error"));
                String error = row.getAs("error");
                if (!status.equals("done")) {
                    assertTrue(error.contains(row.<String>getAs("path")), error);
                    assertFalse(error.contains(base.toString()) || error.contains("/tmp/"), error);
                }
            });
            for (int i : new int[] {0, 1, 2, 3}) {
                String ending = List.of(".nii.gz", ".nii", ".mha", ".nrrd").get(i);
                assertArrayEquals(
                        Expected.labels(archive.resolve("case" + i + ending), model, base, ".nii.gz"),
                        Files.readAllBytes(results.resolve("case" + i + ".nii.gz")));
            }
            try (Stream<Path> files = Files.list(results.resolve("cases.parquet"))) {
                Path run = files.findFirst().orElseThrow();
                try (Stream<Path> parts = Files.list(run)) {
                    assertEquals(
                            1,
                            parts.filter(part -> part.toString().endsWith(".parquet"))
                                    .count());
                }
            }
            String message = assertThrows(
                            SegmenterLoadException.class,
                            () -> batch().model("vault://models/absent.toy").run(cases))
                    .getMessage();
            assertTrue(message.contains("vault://models/absent.toy"), message);
            message = assertThrows(
                            SegmenterLoadException.class,
                            () -> batch().redo(true)
                                    .model("vault://models/unloadable.toy")
                                    .run(cases))
                    .getMessage();
            assertTrue(message.contains("the toy is broken"), message);
        }
    }

    @Test
    void anExecutorKilledInTheMiddleCostsNoCase() throws Exception {
        writeScans(24);
        Files.delete(told.resolve("go"));
        try (SparkSession spark = start()) {
            Dataset<Row> cases = Cases.find(spark, IN);
            CompletableFuture<Map<String, Row>> batch =
                    CompletableFuture.supplyAsync(() -> Expected.byId(batch().run(cases)));
            while (told("running").isEmpty() && !batch.isDone()) {
                Thread.sleep(20);
            }
            String killed = told("running").iterator().next();
            ProcessHandle.of(Long.parseLong(killed)).orElseThrow().destroyForcibly();
            Files.createFile(told.resolve("go"));
            Map<String, Row> rows = batch.get();
            assertEquals(24, rows.size());
            rows.values().forEach(row -> assertEquals("done", row.getAs("status"), () -> row.getAs("error")));
            assertNotEquals(Set.of(killed), told("loaded"));
        }
        for (String pid : told("loaded")) {
            Files.delete(told.resolve("loaded-" + pid));
        }
        try (SparkSession spark = start()) {
            assertEquals(Map.of("kept", 24L), Expected.statuses(batch().run(Cases.find(spark, IN))));
            assertEquals(Set.of(), told("loaded"));
            Path changed = TinyScans.write(archive.resolve("case5.nii"), 1);
            Files.setLastModifiedTime(changed, FileTime.fromMillis(1_000_000_000_000L));
            Dataset<Row> again = batch().run(Cases.find(spark, IN));
            assertEquals(Map.of("done", 1L, "kept", 23L), Expected.statuses(again));
            assertEquals("case5", again.filter("status = 'done'").first().getAs("id"));
        }
    }
}
