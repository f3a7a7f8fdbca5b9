// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.spark;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** The cases of a batch as a table. */
public final class Cases {

    /**
     * The columns: {@code id}, where a case's results lie below the output folder, without an ending, parts divided by
     * {@code /}; {@code path}, the URI of a file or of a folder with DICOM files; {@code series}, the name of the series to
     * choose where the folder or archive holds several volumes, null for all of them, each a case of its own.
     */
    public static final StructType SCHEMA = new StructType()
            .add("id", DataTypes.StringType, false)
            .add("path", DataTypes.StringType, false)
            .add("series", DataTypes.StringType, true);

    private Cases() {}

    /**
     * Finds the scans in folders of any Hadoop file system by the names of their files: those with a scan's ending, zip
     * archives, and folders with {@code .dcm} files. Files without a known ending are looked into, up to eight a folder.
     * Hidden files and folders are passed over. Cases are called what the program's batches call them.
     *
     * <p>For 10^5 DICOM folders and more the listing of every slice takes hours on an object store: make the table from what
     * the archive knows of itself instead.
     *
     * @param inputs URIs of folders and files
     * @return ordered by {@code id}
     * @throws UncheckedIOException if an input does not exist or cannot be listed
     */
    public static Dataset<Row> find(SparkSession spark, String... inputs) {
        return of(
                spark,
                listed(spark, Arrays.asList(inputs)).stream()
                        .map(c -> RowFactory.create(c.id(), c.path(), c.series()))
                        .toList());
    }

    /** A table of these rows, each with the columns of {@link #SCHEMA}. */
    public static Dataset<Row> of(SparkSession spark, List<Row> rows) {
        return spark.createDataFrame(rows, SCHEMA);
    }

    private static List<ScanCase> listed(SparkSession spark, List<String> inputs) {
        RemoteFiles files = new RemoteFiles(spark.sparkContext().hadoopConfiguration());
        CaseListing listing = new CaseListing(files);
        for (String input : inputs) {
            try {
                listing.add(input);
            } catch (FileNotFoundException e) {
                throw new UncheckedIOException(input + ": there is no such file or folder", e);
            } catch (IOException e) {
                throw new UncheckedIOException(input + ": cannot be listed: " + e.getMessage(), e);
            }
        }
        return listing.cases();
    }
}
