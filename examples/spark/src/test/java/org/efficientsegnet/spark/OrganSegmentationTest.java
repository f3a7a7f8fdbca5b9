// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.spark;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.efficientsegnet.SegmenterLoadException;
import org.efficientsegnet.io.cases.BatchCase;
import org.efficientsegnet.io.cases.CaseFinder;
import org.efficientsegnet.io.format.ReadOptions;
import org.efficientsegnet.spark.toy.TinyScans;
import org.efficientsegnet.spark.toy.ToyModels;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Within one virtual machine. */
class OrganSegmentationTest {

    private static SparkSession spark;

    @TempDir
    Path folder;

    private Path scans;
    private Path model;
    private String output;

    @BeforeAll
    static void start() {
        spark = TestSpark.local(2).getOrCreate();
    }

    @AfterAll
    static void stop() throws IOException {
        spark.close();
    }

    @BeforeEach
    void prepare() throws IOException {
        scans = Files.createDirectories(folder.resolve("scans"));
        model = ToyModels.write(folder, "toy");
        output = folder.resolve("out").toUri().toString();
    }

    private OrganSegmentation batch() {
        return OrganSegmentation.to(output).model(model.toUri().toString()).casesPerTask(2);
    }

    private Dataset<Row> found() {
        return Cases.find(spark, scans.toUri().toString());
    }

    @Test
    void resultsAreThoseOfOneMachine() throws IOException {
        Path nifti = TinyScans.write(scans.resolve("a/one.nii.gz"), 1);
        Path dicom = TinyScans.writeDicom(scans.resolve("b"), "2.25.1", 2);
        Map<String, Row> rows = Expected.byId(batch().run(found()));
        assertEquals(List.of("a/one", "b"), List.copyOf(rows.keySet()));
        Row row = rows.get("a/one");
        assertEquals("done", row.getAs("status"), () -> row.getAs("error"));
        List<Row> organs = row.getList(row.fieldIndex("organs"));
        assertEquals("liver", organs.get(0).getAs("name"));
        assertTrue(organs.get(0).<Double>getAs("ml") > 0);
        assertTrue(organs.get(0).<Double>getAs("meanHu") > 0);
        Map<String, String> versions = row.getJavaMap(row.fieldIndex("versions"));
        assertEquals("toy 1", versions.get("model"));
        assertTrue(row.<String>getAs("run").startsWith("20"));
        assertArrayEquals(
                Expected.labels(nifti, model, folder, ".nii.gz"),
                Files.readAllBytes(folder.resolve("out/a/one.nii.gz")));
        assertArrayEquals(
                Expected.labels(dicom, model, folder, ".nii.gz"), Files.readAllBytes(folder.resolve("out/b.nii.gz")));
        try (Stream<Path> files = Files.walk(folder.resolve("out"))) {
            List<String> left = files.filter(Files::isRegularFile)
                    .map(file -> file.getFileName().toString())
                    .filter(name ->
                            name.startsWith(".") && !name.endsWith(".parquet.crc") && !name.equals("._SUCCESS.crc"))
                    .toList();
            assertEquals(List.of(), left);
        }
        assertFalse(Files.exists(folder.resolve("out/.efficientsegnet/running/b.txt")));
    }

    @Test
    void runningAgainDoesWhatHasChanged() throws IOException {
        TinyScans.write(scans.resolve("one.nii"), 1);
        TinyScans.write(scans.resolve("two.mha"), 2);
        TinyScans.write(scans.resolve("three.nrrd"), 3);
        assertEquals(Map.of("done", 3L), Expected.statuses(batch().run(found())));
        Dataset<Row> again = batch().run(found());
        assertEquals(Map.of("kept", 3L), Expected.statuses(again));
        assertFalse(again.filter("id = 'one'")
                .selectExpr("organs[0].meanHu")
                .first()
                .isNullAt(0));
        TinyScans.write(scans.resolve("one.nii"), 5);
        Files.setLastModifiedTime(scans.resolve("one.nii"), java.nio.file.attribute.FileTime.fromMillis(1_000_000));
        Files.delete(folder.resolve("out/two.nii.gz"));
        Map<String, Row> rows = Expected.byId(batch().run(found()));
        assertEquals("done", rows.get("one").getAs("status"));
        assertEquals("done", rows.get("two").getAs("status"));
        assertEquals("kept", rows.get("three").getAs("status"));
        assertEquals(Map.of("done", 3L), Expected.statuses(batch().redo(true).run(found())));
        assertEquals(12, spark.read().parquet(output + "/cases.parquet").count());
    }

    @Test
    void badCasesAreRows() throws IOException {
        TinyScans.write(scans.resolve("good.nii"), 1);
        Files.writeString(scans.resolve("bad.nii.gz"), "no scan");
        Files.createFile(scans.resolve("empty.nrrd"));
        String here = scans.toUri().toString();
        Dataset<Row> cases = found().union(Cases.of(
                spark,
                List.of(
                        RowFactory.create("missing", here + "nowhere.nii", null),
                        RowFactory.create("../out", here + "good.nii", null),
                        RowFactory.create("good", here + "good.nii", null),
                        RowFactory.create("unknown", "unknown://host/scan.nii", null))));
        List<Row> rows = batch().run(cases).collectAsList();
        assertEquals(7, rows.size());
        assertEquals(
                1, rows.stream().filter(r -> r.getAs("status").equals("done")).count());
        for (Row row : rows) {
            if (!row.getAs("status").equals("done")) {
                String error = row.getAs("error");
                assertEquals("failed", row.getAs("status"));
                boolean byId = row.<String>getAs("id").matches("\\.\\./out|good");
                String named =
                        byId ? row.getAs("id") : row.<String>getAs("path").replaceFirst("file:/+", "/");
                assertTrue(error.replaceFirst("file:/+", "/").contains(named), error);
                assertFalse(error.contains("efficientsegnet-"), error);
            }
        }
        assertFalse(Files.exists(folder.resolve("out.nii.gz")));
    }

    @Test
    void everyVolumeOfAFolderIsACase() throws IOException {
        TinyScans.writeDicom(scans.resolve("study"), "2.25.1", 1);
        TinyScans.writeDicom(scans.resolve("study"), "2.25.2", 2);
        List<String> byProgram = new CaseFinder(CaseFinder.volumes(ReadOptions.DEFAULT))
                .find(List.of(scans), folder.resolve("none")).cases().stream()
                        .map(BatchCase::name)
                        .toList();
        Map<String, Row> rows = Expected.byId(batch().labels(".dcm").run(found()));
        assertEquals(byProgram, List.copyOf(rows.keySet()));
        assertEquals(2, rows.size());
        rows.values().forEach(row -> assertEquals("done", row.getAs("status"), () -> row.getAs("error")));
        assertTrue(Files.exists(folder.resolve("out/" + byProgram.get(0) + ".dcm")));
        assertEquals(
                Map.of("kept", 2L), Expected.statuses(batch().labels(".dcm").run(found())));
    }

    @Test
    void voxelsThatAHeaderNamesComeWithIt() throws IOException {
        TinyScans.write(scans.resolve("one.mha"), 1);
        byte[] whole = Files.readAllBytes(scans.resolve("one.mha"));
        String text = new String(whole, java.nio.charset.StandardCharsets.ISO_8859_1);
        int voxels = text.indexOf("ElementDataFile = LOCAL\n") + "ElementDataFile = LOCAL\n".length();
        Files.writeString(scans.resolve("other.mhd"), text.substring(0, voxels).replace("= LOCAL", "= elsewhere.raw"));
        Files.write(scans.resolve("elsewhere.raw"), java.util.Arrays.copyOfRange(whole, voxels, whole.length));
        Map<String, Row> rows = Expected.byId(batch().run(found()));
        assertEquals(
                "done",
                rows.get("other").getAs("status"),
                () -> rows.get("other").getAs("error"));
        assertEquals(
                rows.get("one").getList(rows.get("one").fieldIndex("organs")),
                rows.get("other").getList(rows.get("one").fieldIndex("organs")));
    }

    @Test
    void whatCannotWorkIsRefusedBeforeTheWork() throws IOException {
        TinyScans.write(scans.resolve("one.nii"), 1);
        OrganSegmentation below =
                OrganSegmentation.to(folder.toUri().toString()).model(model.toString());
        String message = assertThrows(IllegalArgumentException.class, () -> below.run(found()))
                .getMessage();
        assertTrue(message.contains("one.nii"), message);
        String absent = folder.toUri() + "absent.toy";
        message = assertThrows(
                        SegmenterLoadException.class,
                        () -> batch().model(absent).run(found()))
                .getMessage();
        assertTrue(message.contains(absent), message);
        Dataset<Row> nameless = found().drop("id");
        assertThrows(IllegalArgumentException.class, () -> batch().run(nameless));
        assertThrows(IllegalArgumentException.class, () -> batch().labels(".png"));
        assertEquals(Map.of(), Expected.statuses(batch().run(Cases.of(spark, List.of()))));
    }

    @Test
    void aModelThatCannotBeLoadedEndsTheJob() throws IOException {
        for (int i = 0; i < 8; i++) {
            TinyScans.write(scans.resolve(i + ".nii"), i);
        }
        String broken = ToyModels.write(folder, ToyModels.UNLOADABLE).toUri().toString();
        String message = assertThrows(
                        SegmenterLoadException.class,
                        () -> batch().model(broken).run(found()))
                .getMessage();
        assertTrue(message.contains("the toy is broken"), message);
    }
}
