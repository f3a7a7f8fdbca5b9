// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.toy;

import java.util.concurrent.atomic.AtomicInteger;
import org.efficientsegnet.CancellationToken;
import org.efficientsegnet.Precision;
import org.efficientsegnet.spi.EngineOptions;
import org.efficientsegnet.spi.Network;
import org.efficientsegnet.spi.NetworkEngine;
import org.efficientsegnet.spi.NetworkModel;
import org.efficientsegnet.spi.RunControl;
import org.efficientsegnet.volume.Shape;

/**
 * Runs toy networks: what is brighter than the mean is the first organ, what is darker the second. So the whole program
 * runs within milliseconds, with results known by arithmetic.
 */
public final class ToyEngine implements NetworkEngine {

    /** Its name. */
    public static final String NAME = "toy";

    /** How long a network takes, in milliseconds; for tests that stop a program. */
    public static final String DELAY_PROPERTY = "toy.delay";

    /** How many times networks run before they wait to be cancelled, so that a program does not end before it is stopped. */
    public static final String RUNS_PROPERTY = "toy.runs";

    private static final AtomicInteger RUNS = new AtomicInteger();

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Status status() {
        return new Status(true, -1000, "arithmetic, for tests");
    }

    @Override
    public String refuses(NetworkModel model, EngineOptions options) {
        return model instanceof ToyModel ? null : "it runs toys only";
    }

    @Override
    public Network load(NetworkModel model, EngineOptions options) {
        return new ToyNetwork(model);
    }

    /**
     * A toy.
     *
     * @param name for messages
     * @param inputSize the extent of the input
     */
    public record ToyModel(String name, Shape inputSize) implements NetworkModel {
        @Override
        public int classes() {
            return 2;
        }
    }

    private record ToyNetwork(NetworkModel model) implements Network {
        @Override
        public void run(float[] input, float[] logits, RunControl control) {
            do {
                sleep();
                control.check("the toy network");
            } while (RUNS.get() >= Integer.getInteger(RUNS_PROPERTY, Integer.MAX_VALUE));
            RUNS.incrementAndGet();
            int n = input.length;
            for (int i = 0; i < n; i++) {
                logits[i] = 10 * input[i] - 5;
                logits[n + i] = -10 * input[i] - 5;
            }
        }

        private static void sleep() {
            try {
                Thread.sleep(Integer.getInteger(DELAY_PROPERTY, 0));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        @Override
        public void trace(float[] input, BlockObserver observer) {
            float[] logits = new float[2 * input.length];
            run(input, logits, new CancellationToken());
            observer.block("output", 2, model.inputSize(), logits);
        }

        @Override
        public Shape inputSize() {
            return model.inputSize();
        }

        @Override
        public int classes() {
            return model.classes();
        }

        @Override
        public Precision precision() {
            return Precision.FP32;
        }

        @Override
        public String describe() {
            return "a toy";
        }

        @Override
        public void releaseMemory() {}

        @Override
        public void close() {}
    }
}
