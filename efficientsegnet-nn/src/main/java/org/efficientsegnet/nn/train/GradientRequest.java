// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train;

import java.util.List;
import java.util.Objects;
import org.efficientsegnet.Precision;
import org.efficientsegnet.nn.network.NetworkSpec;
import org.efficientsegnet.nn.train.loss.LossTerm;
import org.efficientsegnet.volume.Shape;

/**
 * What a {@link GradientEngine} shall differentiate.
 *
 * @param spec the network; its classes are the channels
 * @param size of an input, z, y, x
 * @param batch samples that go through it at once
 * @param loss the sum of these is differentiated
 * @param dropout the share of channels that Dropout3d drops, 0 for none
 * @param precision of the network's arithmetic; losses are computed in 32 bits
 * @param partial whether batches may hold labels or channels that are not known
 * @param threads how many threads an engine on CPUs shall use at most, 0 for one a processor; none of the bits of a
 *     gradient depend on it
 * @param recompute whether an engine that can shall compute what is cheap a second time for the way back, instead of
 *     keeping it: less memory, more time, the same bits
 */
public record GradientRequest(
        NetworkSpec spec,
        Shape size,
        int batch,
        List<LossTerm> loss,
        double dropout,
        Precision precision,
        boolean partial,
        int threads,
        boolean recompute) {

    /** @throws IllegalArgumentException if a value makes no sense or the network cannot take inputs of this size */
    public GradientRequest {
        requireTrainable(precision);
        loss = List.copyOf(loss);
        spec.requireInputSize(size);
        if (batch < 1) {
            throw new IllegalArgumentException("batch: " + batch + " is below 1");
        }
        if (loss.isEmpty()) {
            throw new IllegalArgumentException("a loss needs at least one term");
        }
        if (!(dropout >= 0 && dropout < 1)) {
            throw new IllegalArgumentException("dropout: " + dropout + " is not at least 0 and below 1");
        }
        if (threads < 0) {
            throw new IllegalArgumentException("threads: " + threads + " is below 0");
        }
    }

    /** With a thread for each processor, everything kept that the way back needs. */
    public GradientRequest(
            NetworkSpec spec,
            Shape size,
            int batch,
            List<LossTerm> loss,
            double dropout,
            Precision precision,
            boolean partial) {
        this(spec, size, batch, loss, dropout, precision, partial, 0, false);
    }

    /** @throws IllegalArgumentException if no network is trained in this arithmetic */
    public static void requireTrainable(Precision precision) {
        Objects.requireNonNull(precision, "precision");
        if (precision == Precision.INT8) {
            throw new IllegalArgumentException(
                    "precision: networks are not trained in INT8; train in another one and convert with --calibrate");
        }
    }

    /** A sample or more in 32 bits without dropout, everything known. */
    public static GradientRequest of(NetworkSpec spec, Shape size, int batch, String loss) {
        return new GradientRequest(spec, size, batch, LossTerm.parse(loss), 0, Precision.FP32, false);
    }

    /** The same for inputs of another size. */
    public GradientRequest withSize(Shape other) {
        return new GradientRequest(spec, other, batch, loss, dropout, precision, partial, threads, recompute);
    }

    /** The same with other threads. */
    public GradientRequest withThreads(int others) {
        return new GradientRequest(spec, size, batch, loss, dropout, precision, partial, others, recompute);
    }

    /** The same with what is cheap computed a second time, or kept. */
    public GradientRequest withRecompute(boolean other) {
        return new GradientRequest(spec, size, batch, loss, dropout, precision, partial, threads, other);
    }
}
