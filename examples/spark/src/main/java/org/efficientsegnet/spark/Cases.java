// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.spark;

import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** The cases of a batch as a table. */
public final class Cases {

    /**
     * The columns: {@code id}, where a case's results lie below the output folder, without an ending, parts divided by
     * {@code /}; {@code path}, the URI of a file or of the folder of a DICOM series; {@code series}, the name of the
     * series where the folder or archive holds several volumes, else null.
     */
    public static final StructType SCHEMA = new StructType()
            .add("id", DataTypes.StringType, false)
            .add("path", DataTypes.StringType, false)
            .add("series", DataTypes.StringType, true);

    private Cases() {}

    /** A table of these rows, each with the columns of {@link #SCHEMA}. */
    public static Dataset<Row> of(SparkSession spark, List<Row> rows) {
        return spark.createDataFrame(rows, SCHEMA);
    }
}
