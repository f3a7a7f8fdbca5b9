package org.efficientsegnet.io.format;

import java.util.Objects;
import java.util.Optional;
import org.efficientsegnet.parallel.Parallelism;

/**
 * How a file is read.
 *
 * @param limits what is refused for its size
 * @param parallelism the threads a reader may use
 * @param series which DICOM series of a folder is meant, by its UID; empty if there is but one; other formats ignore it
 */
public record ReadOptions(ReadLimits limits, Parallelism parallelism, Optional<String> series) {

    /** The default limits, every processor, the only series. */
    public static final ReadOptions DEFAULT =
            new ReadOptions(ReadLimits.DEFAULT, Parallelism.common(), Optional.empty());

    /** @throws NullPointerException if something is null */
    public ReadOptions {
        Objects.requireNonNull(limits, "limits");
        Objects.requireNonNull(parallelism, "parallelism");
        Objects.requireNonNull(series, "series");
    }

    /** These options with other limits. */
    public ReadOptions withLimits(ReadLimits other) {
        return new ReadOptions(other, parallelism, series);
    }

    /** These options with other threads. */
    public ReadOptions withParallelism(Parallelism other) {
        return new ReadOptions(limits, other, series);
    }

    /** These options with a series chosen by its UID. */
    public ReadOptions withSeries(String uid) {
        return new ReadOptions(limits, parallelism, Optional.of(uid));
    }
}
