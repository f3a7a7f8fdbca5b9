// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.cases;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What became of a case.
 *
 * @param batchCase the case
 * @param status how it ended
 * @param seconds from the begin of reading to the end of writing, waiting for the networks among it
 * @param volumesMl the volume of every organ, in label order; empty unless there is a result
 * @param warnings what the user should know of the result
 * @param error why it failed; empty if it did not
 */
public record CaseResult(
        BatchCase batchCase,
        Status status,
        double seconds,
        Map<String, Double> volumesMl,
        List<String> warnings,
        String error) {

    /** How a case ended. */
    public enum Status {
        /** Segmented and written by this run. */
        DONE,
        /** An earlier run had done it, and neither input, model nor settings have changed. */
        KEPT,
        /** It could not be read, segmented or written. */
        FAILED,
        /** The batch was stopped before or within it; nothing was written. */
        STOPPED;

        /** Whether there is a complete result. */
        public boolean hasResult() {
            return this == DONE || this == KEPT;
        }
    }

    /** Copies the collections. */
    public CaseResult {
        volumesMl = Collections.unmodifiableMap(new LinkedHashMap<>(volumesMl));
        warnings = List.copyOf(warnings);
    }

    /** A case that could not be done, and why. */
    public static CaseResult failed(BatchCase batchCase, double seconds, String error) {
        return new CaseResult(batchCase, Status.FAILED, seconds, Map.of(), List.of(), error);
    }

    /** A case that was not begun or not finished. */
    public static CaseResult stopped(BatchCase batchCase) {
        return new CaseResult(batchCase, Status.STOPPED, 0, Map.of(), List.of(), "");
    }
}
