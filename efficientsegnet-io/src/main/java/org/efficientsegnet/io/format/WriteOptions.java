// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.format;

import java.util.Objects;
import java.util.Optional;
import org.efficientsegnet.parallel.Parallelism;

/**
 * How a file is written.
 *
 * @param source where the scan that is being labelled came from; formats keep what they can of it (NIfTI its qform and
 *     sform, DICOM SEG its patient and slices)
 * @param parallelism the threads a writer may use
 * @param compressionLevel of formats that compress, 1 (fast) to 9 (small)
 */
public record WriteOptions(Optional<Provenance> source, Parallelism parallelism, int compressionLevel) {

    /** No source, every processor, level 3: label maps are small at any level, and 6 takes three times as long. */
    public static final WriteOptions DEFAULT = new WriteOptions(Optional.empty(), Parallelism.common(), 3);

    /** @throws IllegalArgumentException if there is no such level */
    public WriteOptions {
        Objects.requireNonNull(source, "source");
        Objects.requireNonNull(parallelism, "parallelism");
        if (compressionLevel < 1 || compressionLevel > 9) {
            throw new IllegalArgumentException("the compression level " + compressionLevel + " is not one of 1 to 9");
        }
    }

    /** These options with a source. */
    public WriteOptions withSource(Provenance other) {
        return new WriteOptions(Optional.of(other), parallelism, compressionLevel);
    }

    /** These options with other threads. */
    public WriteOptions withParallelism(Parallelism other) {
        return new WriteOptions(source, other, compressionLevel);
    }

    /** These options with another compression level. */
    public WriteOptions withCompressionLevel(int level) {
        return new WriteOptions(source, parallelism, level);
    }
}
