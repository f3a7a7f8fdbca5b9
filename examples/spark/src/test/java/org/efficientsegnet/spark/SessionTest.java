// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.api.java.function.MapFunction;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;

class SessionTest {

    @Test
    void casesAreRowsOfATable() throws Exception {
        try (SparkSession spark = TestSpark.local(1).getOrCreate()) {
            var cases = Cases.of(spark, List.of(RowFactory.create("a/b", "file:/scans/b.nii.gz", null)));
            assertEquals("a/b", cases.filter("series is null").first().getAs("id"));
        }
    }

    @Test
    void executorsAreProcessesOfTheirOwn() throws Exception {
        try (SparkSession spark = TestSpark.cluster(2, 1024).getOrCreate()) {
            List<Long> processes = spark.createDataset(
                            IntStream.range(0, 4).boxed().toList(), Encoders.INT())
                    .map(
                            (MapFunction<Integer, Long>)
                                    i -> ProcessHandle.current().pid(),
                            Encoders.LONG())
                    .distinct()
                    .collectAsList();
            assertFalse(processes.contains(ProcessHandle.current().pid()));
        }
    }
}
