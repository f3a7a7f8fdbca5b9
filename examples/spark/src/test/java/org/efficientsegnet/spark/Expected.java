// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.spark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.efficientsegnet.Segmenter;
import org.efficientsegnet.io.LabelMaps;
import org.efficientsegnet.io.Volumes;
import org.efficientsegnet.io.format.ReadOptions;
import org.efficientsegnet.io.format.Scan;
import org.efficientsegnet.io.format.WriteOptions;

/** What batches must come to. */
final class Expected {

    private Expected() {}

    /** The label map that the library writes of a scan on one machine, as the program does. */
    static byte[] labels(Path scanFile, Path model, Path scratch, String ending) throws IOException {
        Path file = scratch.resolve("expected" + ending);
        try (Segmenter segmenter = Segmenter.builder().model(model).build()) {
            Scan scan = Volumes.open(scanFile, ReadOptions.DEFAULT);
            LabelMaps.write(
                    segmenter.segment(scan.volume()).labels(),
                    file,
                    WriteOptions.DEFAULT.withSource(scan.provenance()));
        }
        return Files.readAllBytes(file);
    }

    /** The rows by their ids. */
    static Map<String, Row> byId(Dataset<Row> results) {
        Map<String, Row> rows = new TreeMap<>();
        List<Row> all = results.collectAsList();
        for (Row row : all) {
            if (rows.put(row.getAs("id"), row) != null) {
                throw new AssertionError("two rows of " + row.getAs("id"));
            }
        }
        return rows;
    }

    /** How many cases have each status. */
    static Map<String, Long> statuses(Dataset<Row> results) {
        Map<String, Long> counts = new TreeMap<>();
        for (Row row : results.groupBy("status").count().collectAsList()) {
            counts.put(row.getString(0), row.getLong(1));
        }
        return counts;
    }
}
