// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.spark.sql.SparkSession;
import org.efficientsegnet.spark.toy.TinyScans;
import org.efficientsegnet.spark.toy.ToyModels;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class SegmentJobTest {

    @TempDir
    Path folder;

    private final StringWriter said = new StringWriter();

    private int run(String... arguments) {
        CommandLine command = SegmentJob.commandLine();
        command.setErr(new PrintWriter(said, true));
        return command.execute(arguments);
    }

    @Test
    void wrongCommandLinesAreRefused() {
        assertEquals(2, run("-o", "out"));
        assertEquals(2, run("in", "--table", "cases.csv", "-o", "out"));
        assertEquals(2, run("in"));
        assertEquals(2, run("in", "-o", "out", "--labels", ".png"));
        assertTrue(said.toString().contains("error: --labels"), said::toString);
        assertTrue(said.toString().lines().noneMatch(line -> line.startsWith("Usage:")), said::toString);
    }

    @Test
    void segmentsATableOfCases() throws Exception {
        Path scan = TinyScans.write(folder.resolve("scan.nii"), 1);
        Path model = ToyModels.write(folder, "toy");
        Path table = Files.writeString(folder.resolve("cases.csv"), "id,path\nfirst," + scan + "\n");
        Path out = folder.resolve("out");
        try (SparkSession spark = TestSpark.local(1).getOrCreate()) {
            assertEquals(
                    0,
                    run(
                            "--table",
                            table.toString(),
                            "-o",
                            out.toString(),
                            "--model",
                            model.toString(),
                            "--labels",
                            ".nrrd"),
                    said::toString);
            assertTrue(spark.sparkContext().isStopped());
        }
        assertTrue(Files.exists(out.resolve("first.nrrd")));
        assertTrue(Files.exists(out.resolve("cases.parquet")));
        try (SparkSession spark = TestSpark.local(1).getOrCreate()) {
            assertEquals(1, run(folder + "/absent", "-o", out.toString()));
            assertTrue(said.toString().contains(folder + "/absent"), said::toString);
            assertTrue(!spark.sparkContext().isStopped());
        }
    }
}
