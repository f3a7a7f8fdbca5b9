// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.spark;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.efficientsegnet.io.cases.CaseFindings;

/**
 * What became of one case. It travels from the executors to the table as a line of JSON, whose names and types are those
 * of {@link #SCHEMA}.
 *
 * @param id as in the table of cases; for a volume of a folder with several, with the name of its series
 * @param path as in the table of cases
 * @param series the name of the DICOM series where there are several volumes, else null
 * @param status {@code done}, {@code kept}, {@code failed} or {@code crashed}
 * @param organs what was found, in label order
 * @param warnings what the user should know of the result
 * @param remarks what the reader had to assume or to repair
 * @param seconds how long the case took
 * @param timings seconds of each stage
 * @param outputs the URIs of the files written
 * @param error why there is no result, else null
 * @param versions what made the result
 */
record CaseRow(
        String id,
        String path,
        String series,
        String status,
        List<CaseFindings.Organ> organs,
        List<String> warnings,
        List<String> remarks,
        double seconds,
        Map<String, Double> timings,
        List<String> outputs,
        String error,
        Map<String, String> versions) {

    static final String DONE = "done";
    static final String KEPT = "kept";
    static final String FAILED = "failed";
    static final String CRASHED = "crashed";

    private static final DataType STRINGS = DataTypes.createArrayType(DataTypes.StringType);

    /** The columns. */
    static final StructType SCHEMA = new StructType()
            .add("id", DataTypes.StringType)
            .add("path", DataTypes.StringType)
            .add("series", DataTypes.StringType)
            .add("status", DataTypes.StringType)
            .add(
                    "organs",
                    DataTypes.createArrayType(new StructType()
                            .add("name", DataTypes.StringType)
                            .add("voxels", DataTypes.LongType)
                            .add("ml", DataTypes.DoubleType)
                            .add("meanHu", DataTypes.DoubleType)
                            .add("sdHu", DataTypes.DoubleType)))
            .add("warnings", STRINGS)
            .add("remarks", STRINGS)
            .add("seconds", DataTypes.DoubleType)
            .add("timings", DataTypes.createMapType(DataTypes.StringType, DataTypes.DoubleType))
            .add("outputs", STRINGS)
            .add("error", DataTypes.StringType)
            .add("versions", DataTypes.createMapType(DataTypes.StringType, DataTypes.StringType));

    private static final ObjectMapper JSON = new ObjectMapper();

    /** A case with a result. */
    static CaseRow of(ScanCase scanCase, String status, double seconds, CaseFindings findings, List<String> outputs) {
        return new CaseRow(
                scanCase.id(),
                scanCase.path(),
                scanCase.series(),
                status,
                findings.organs(),
                findings.warnings(),
                findings.remarks(),
                seconds,
                findings.timings(),
                outputs,
                null,
                findings.versions());
    }

    /** A case without one. */
    static CaseRow without(ScanCase scanCase, String status, double seconds, String error) {
        CaseFindings none = CaseFindings.NONE;
        return new CaseRow(
                scanCase.id(),
                scanCase.path(),
                scanCase.series(),
                status,
                none.organs(),
                none.warnings(),
                none.remarks(),
                seconds,
                none.timings(),
                List.of(),
                error,
                none.versions());
    }

    /** One line. */
    String toJson() {
        try {
            return JSON.writeValueAsString(this);
        } catch (JacksonException e) {
            throw new UncheckedIOException(e);
        }
    }
}
