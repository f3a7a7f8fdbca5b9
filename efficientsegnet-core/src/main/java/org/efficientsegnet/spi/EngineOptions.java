// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.spi;

import org.efficientsegnet.Precision;

/**
 * How a network shall run.
 *
 * @param precision the arithmetic wished for; an engine that lacks it refuses
 * @param threads how many threads a run may use, at least 1
 * @param concurrency how concurrent runs of one network are treated
 * @param releaseMemory whether working memory goes back to the system after every run
 * @param device which device of those that an engine runs on, by its number; null to leave it to the engine. An engine
 *     that has no devices refuses a number
 */
public record EngineOptions(
        Precision precision, int threads, Concurrency concurrency, boolean releaseMemory, Integer device) {

    /** What happens when a run begins while another is on its way. */
    public enum Concurrency {
        /** It waits; memory is that of one run. */
        QUEUE,
        /** Both run, each with its own working memory. */
        SIDE_BY_SIDE
    }

    /** @throws IllegalArgumentException if there is no thread, or the device's number is below zero */
    public EngineOptions {
        if (threads < 1) {
            throw new IllegalArgumentException("at least one thread is needed, not " + threads);
        }
        if (device != null && device < 0) {
            throw new IllegalArgumentException("devices are counted from 0, there is no " + device);
        }
    }

    /** On the device that the engine chooses. */
    public EngineOptions(Precision precision, int threads, Concurrency concurrency, boolean releaseMemory) {
        this(precision, threads, concurrency, releaseMemory, null);
    }

    /** The engine's best precision, every processor, one run at a time, memory kept. */
    public static EngineOptions defaults() {
        return new EngineOptions(Precision.AUTO, Runtime.getRuntime().availableProcessors(), Concurrency.QUEUE, false);
    }
}
