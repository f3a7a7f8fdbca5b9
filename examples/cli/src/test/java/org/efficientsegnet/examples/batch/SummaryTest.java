// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.batch;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.efficientsegnet.io.cases.BatchCase;
import org.efficientsegnet.io.cases.CaseResult;
import org.efficientsegnet.io.cases.CaseResult.Status;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SummaryTest {

    private static final BatchCase A = new BatchCase("a", Path.of("scans/a.nii"), Optional.empty());
    private static final BatchCase B = new BatchCase("b, \"two\"", Path.of("scans/b"), Optional.of("1.2.3"));

    private static final Summary SUMMARY = new Summary(List.of(
            new CaseResult(A, Status.KEPT, 1.26, Map.of("liver", 1500.04), List.of("cut off", "not HU"), ""),
            CaseResult.failed(B, 0.04, "no, broken"),
            CaseResult.stopped(A)));

    @Test
    void cellsAreQuotedAsRfc4180Says(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("summary.csv");
        SUMMARY.writeCsv(file);
        assertEquals(
                "case,input,series,status,seconds,liver_ml,warnings,error\r\n"
                        + "a,scans/a.nii,,done,1.3,1500.0,cut off; not HU,\r\n"
                        + "\"b, \"\"two\"\"\",scans/b,1.2.3,failed,0.0,,,\"no, broken\"\r\n"
                        + "a,scans/a.nii,,stopped,0.0,,,\r\n",
                Files.readString(file));
    }

    @Test
    void theLineCountsEveryKind() {
        assertEquals("3 cases: 1 with a result (1 kept from an earlier run), 1 failed, 1 not done", SUMMARY.line());
        assertEquals("0 cases: 0 with a result, 0 failed", new Summary(List.of()).line());
    }
}
