// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.batch;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.efficientsegnet.files.AtomicOutput;
import org.efficientsegnet.io.cases.CaseResult;

/**
 * What a batch came to.
 *
 * @param results what became of each case
 */
public record Summary(List<CaseResult> results) {

    /** Copies the list. */
    public Summary {
        results = List.copyOf(results);
    }

    /** How many cases ended in one way. */
    public long count(CaseResult.Status status) {
        return results.stream().filter(r -> r.status() == status).count();
    }

    /** One line: how many results, failures and stopped cases. */
    public String line() {
        long done = count(CaseResult.Status.DONE);
        long kept = count(CaseResult.Status.KEPT);
        String text = results.size() + (results.size() == 1 ? " case: " : " cases: ") + (done + kept) + " with a result"
                + (kept > 0 ? " (" + kept + " kept from an earlier run)" : "") + ", "
                + count(CaseResult.Status.FAILED) + " failed";
        long stopped = count(CaseResult.Status.STOPPED);
        return stopped == 0 ? text : text + ", " + stopped + " not done";
    }

    /**
     * Writes the table of cases, comma-separated (RFC 4180, UTF-8): case, input, series, status, seconds, a volume in ml
     * for every organ, warnings, error. A case that an earlier run did is {@code done} like the others.
     *
     * @throws IOException if it cannot be written; then an earlier table is as it was
     */
    public void writeCsv(Path file) throws IOException {
        Set<String> organs = new LinkedHashSet<>();
        results.forEach(r -> organs.addAll(r.volumesMl().keySet()));
        List<String> header = new ArrayList<>(List.of("case", "input", "series", "status", "seconds"));
        organs.forEach(organ -> header.add(organ + "_ml"));
        header.addAll(List.of("warnings", "error"));
        StringBuilder csv = new StringBuilder(line(header));
        for (CaseResult result : results) {
            List<String> row = new ArrayList<>();
            row.add(result.batchCase().name());
            row.add(result.batchCase().input().toString());
            row.add(result.batchCase().series().orElse(""));
            row.add(
                    result.status().hasResult()
                            ? "done"
                            : result.status().name().toLowerCase(Locale.ROOT));
            row.add(String.format(Locale.ROOT, "%.1f", result.seconds()));
            for (String organ : organs) {
                Double ml = result.volumesMl().get(organ);
                row.add(ml == null ? "" : String.format(Locale.ROOT, "%.1f", ml));
            }
            row.add(String.join("; ", result.warnings()));
            row.add(result.error());
            csv.append(line(row));
        }
        AtomicOutput.write(file, out -> out.write(csv.toString().getBytes(StandardCharsets.UTF_8)));
    }

    private static String line(List<String> cells) {
        return cells.stream().map(Summary::quoted).collect(Collectors.joining(",", "", "\r\n"));
    }

    private static String quoted(String cell) {
        boolean plain = cell.chars().noneMatch(c -> c == ',' || c == '"' || c == '\n' || c == '\r');
        return plain ? cell : '"' + cell.replace("\"", "\"\"") + '"';
    }
}
