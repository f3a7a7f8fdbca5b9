// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.format;

import java.util.Objects;
import java.util.Optional;
import org.efficientsegnet.parallel.Parallelism;

/**
 * How a file is read. All but the limits and the threads matter to DICOM only.
 *
 * @param limits what is refused for its size
 * @param parallelism the threads a reader may use
 * @param series which DICOM series is meant if there are several, by its UID, or by its UID, {@code #} and a number if it
 *     holds several volumes
 * @param unevenSpacing whether slices that are spaced unevenly are resampled to the finest of their distances, linearly;
 *     else they are refused
 * @param skipUnreadable whether files that cannot be read are left out with a remark, though slices of the series may be
 *     among them; else they are an error
 */
public record ReadOptions(
        ReadLimits limits,
        Parallelism parallelism,
        Optional<String> series,
        boolean unevenSpacing,
        boolean skipUnreadable) {

    /** The default limits, every processor, the only series, evenly spaced and complete. */
    public static final ReadOptions DEFAULT =
            new ReadOptions(ReadLimits.DEFAULT, Parallelism.common(), Optional.empty(), false, false);

    /** @throws NullPointerException if something is null */
    public ReadOptions {
        Objects.requireNonNull(limits, "limits");
        Objects.requireNonNull(parallelism, "parallelism");
        Objects.requireNonNull(series, "series");
    }

    /** These options with other limits. */
    public ReadOptions withLimits(ReadLimits other) {
        return new ReadOptions(other, parallelism, series, unevenSpacing, skipUnreadable);
    }

    /** These options with other threads. */
    public ReadOptions withParallelism(Parallelism other) {
        return new ReadOptions(limits, other, series, unevenSpacing, skipUnreadable);
    }

    /** These options with a series chosen by its name: its UID, or its UID, {@code #} and a number. */
    public ReadOptions withSeries(String name) {
        return new ReadOptions(limits, parallelism, Optional.of(name), unevenSpacing, skipUnreadable);
    }

    /** These options with slices that are spaced unevenly resampled, or refused. */
    public ReadOptions withUnevenSpacing(boolean resampled) {
        return new ReadOptions(limits, parallelism, series, resampled, skipUnreadable);
    }

    /** These options with files that cannot be read left out, or an error. */
    public ReadOptions withSkipUnreadable(boolean skipped) {
        return new ReadOptions(limits, parallelism, series, unevenSpacing, skipped);
    }
}
