// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.spark;

import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Locale;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.efficientsegnet.io.cases.CaseState;
import org.efficientsegnet.spark.storage.Scratch;

/**
 * Rows on their way from tasks to a table: they wait on the driver's disk, not in its memory, and then in a few files in
 * the output folder, of which one job makes the table. A table file a task would take the driver longer than the cases.
 */
final class RowSpool implements AutoCloseable {

    private static final int ROWS_PER_CHUNK = 20_000;
    private static final int ROWS_PER_TABLE_FILE = 250_000;

    private final RemoteFiles files;
    private final Path chunks;
    private final Path table;
    private final String run;

    private java.nio.file.Path local;
    private BufferedWriter writer;
    private int inChunk;
    private long count;

    RowSpool(RemoteFiles files, Path output, String run) {
        this.files = files;
        this.chunks = new Path(output, CaseState.MEMORY + "/rows/" + run);
        this.table = new Path(output, "cases.parquet");
        this.run = run;
    }

    /** Adds a line of JSON. */
    void add(String row) throws IOException {
        if (writer == null) {
            local = Scratch.room("rows").resolve("rows.json");
            writer = Files.newBufferedWriter(local);
        }
        writer.write(row);
        writer.write('\n');
        count++;
        if (++inChunk == ROWS_PER_CHUNK) {
            flush();
        }
    }

    /** How many rows there are. */
    long count() {
        return count;
    }

    private void flush() throws IOException {
        if (writer == null) {
            return;
        }
        writer.close();
        writer = null;
        files.publish(new Path(chunks, String.format(Locale.ROOT, "%012d.json", count)), local);
        Scratch.deleteQuietly(local.getParent());
        inChunk = 0;
    }

    /**
     * Makes a table of the rows.
     *
     * @return the table as it was written, with a column {@code run}
     */
    Dataset<Row> toTable(SparkSession spark) throws IOException {
        flush();
        Path target = new Path(table, "run=" + run);
        Dataset<Row> rows = count == 0
                ? spark.createDataFrame(List.of(), CaseRow.SCHEMA)
                : spark.read().schema(CaseRow.SCHEMA).option("mode", "FAILFAST").json(chunks.toString());
        int parts = (int) ((count + ROWS_PER_TABLE_FILE - 1) / ROWS_PER_TABLE_FILE);
        rows.coalesce(Math.max(1, parts)).write().parquet(target.toString());
        files.delete(chunks);
        return spark.read().option("basePath", table.toString()).parquet(target.toString());
    }

    /** Gives up what has not become a table. */
    @Override
    public void close() throws IOException {
        if (writer != null) {
            writer.close();
            writer = null;
            Scratch.deleteQuietly(local.getParent());
        }
    }
}
