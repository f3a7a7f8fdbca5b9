// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.efficientsegnet.io.cases.CaseFinder;
import org.efficientsegnet.io.format.ReadOptions;
import org.efficientsegnet.spark.toy.TinyScans;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CasesTest {

    @TempDir
    Path folder;

    @Test
    void findsWhatTheProgramFinds() throws Exception {
        TinyScans.write(folder.resolve("a/one.nii.gz"), 1);
        TinyScans.write(folder.resolve("a/one.mha"), 1);
        TinyScans.write(folder.resolve("a/.hidden/two.nii"), 1);
        TinyScans.writeDicom(folder.resolve("b"), "2.25.1", 1);
        TinyScans.writeDicom(folder.resolve("b/below"), "2.25.1", 1);
        TinyScans.writeDicom(folder.resolve("c"), "2.25.2", 1);
        try (Stream<Path> slices = Files.list(folder.resolve("c"))) {
            for (Path slice : slices.toList()) {
                Files.move(
                        slice,
                        slice.resolveSibling(slice.getFileName().toString().replace(".dcm", "")));
            }
        }
        Files.copy(folder.resolve("a/one.nii.gz"), folder.resolve("a/noEnding"));
        Files.writeString(folder.resolve("a/notes.txt"), "notes");
        Files.write(folder.resolve("pair.hdr"), new byte[10]);
        Files.write(folder.resolve("pair.img"), new byte[10]);
        List<String> program = new CaseFinder(CaseFinder.volumes(ReadOptions.DEFAULT))
                .find(List.of(folder), folder.resolve("none")).cases().stream()
                        .map(c -> c.name() + " " + c.input())
                        .toList();
        try (SparkSession spark = TestSpark.local(1).getOrCreate()) {
            List<Row> rows = Cases.find(spark, folder.toUri().toString()).collectAsList();
            assertEquals(
                    program,
                    rows.stream()
                            .map(row ->
                                    row.getString(0) + " " + row.getString(1).replaceFirst("file:/+", "/"))
                            .toList());
            assertTrue(program.size() > 5, program::toString);
            String absent = folder.toUri() + "absent";
            String message = assertThrows(UncheckedIOException.class, () -> Cases.find(spark, absent))
                    .getMessage();
            assertTrue(message.contains(absent), message);
        }
    }
}
