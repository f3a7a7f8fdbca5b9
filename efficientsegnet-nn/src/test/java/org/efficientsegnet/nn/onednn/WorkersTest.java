// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.efficientsegnet.CancellationToken;
import org.efficientsegnet.Precision;
import org.efficientsegnet.SegmentationCancelledException;
import org.efficientsegnet.nn.bundle.ModelBundles;
import org.efficientsegnet.nn.network.WeightedNetwork;
import org.efficientsegnet.nn.team.WorkerPool;
import org.efficientsegnet.spi.EngineOptions;
import org.efficientsegnet.spi.EngineOptions.Concurrency;
import org.efficientsegnet.spi.RunControl;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The pretrained networks, which are large enough that their steps are cut, with more workers than there are processors. */
class WorkersTest {

    private static OneDnnNetwork load(WeightedNetwork model, Precision precision, int workers) {
        EngineOptions options = new EngineOptions(precision, workers, Concurrency.QUEUE, false);
        return new OneDnnEngine().load(model, options, new WorkerPool(workers));
    }

    private static WeightedNetwork coarse() throws IOException {
        return new ModelBundles().pretrained().coarse();
    }

    private static WeightedNetwork fine() throws IOException {
        return new ModelBundles().pretrained().fine();
    }

    private static float[] input(WeightedNetwork model) {
        Random random = new Random(1);
        float[] input = new float[model.inputSize().arrayLength()];
        for (int i = 0; i < input.length; i++) {
            input[i] = (float) random.nextGaussian();
        }
        return input;
    }

    private static float[] logits(WeightedNetwork model) {
        return new float[model.classes() * model.inputSize().arrayLength()];
    }

    private static void assertSameBits(WeightedNetwork model, Precision precision, int... teams) {
        float[] input = input(model);
        float[] expected = logits(model);
        try (OneDnnNetwork network = load(model, precision, 1)) {
            network.run(input, expected, new CancellationToken());
        }
        for (int workers : teams) {
            float[] found = logits(model);
            try (OneDnnNetwork network = load(model, precision, workers)) {
                network.run(input, found, new CancellationToken());
                assertArrayEquals(expected, found, workers + " workers");
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"FP32", "BF16", "INT8"})
    void anyNumberOfWorkersGivesTheSameBits(Precision precision) throws IOException {
        assumeTrue(precision != Precision.BF16 || OneDnn.hasBfloat16(), "BF16 needs a CPU with AVX512_BF16");
        assumeTrue(precision != Precision.INT8 || OneDnn.hasBytes(), "INT8 needs a CPU with VNNI");
        assertSameBits(coarse(), precision, 2, 16);
        assertSameBits(fine(), precision, 5);
    }

    /** Hears of a run, and stops it when so much is done. */
    private static final class Listener implements RunControl {
        private final double stop;
        private final List<Double> heard = new ArrayList<>();
        private volatile boolean cancelled;

        Listener(double stop) {
            this.stop = stop;
        }

        @Override
        public boolean isCancelled() {
            return cancelled;
        }

        @Override
        public void progress(double done) {
            heard.add(done);
            cancelled = done >= stop;
        }
    }

    @Test
    void aRunTellsHowMuchIsDoneAndStopsOnTheWay() throws IOException {
        WeightedNetwork model = fine();
        float[] input = input(model);
        float[] logits = logits(model);
        try (OneDnnNetwork network = load(model, Precision.FP32, 2)) {
            Listener listener = new Listener(2);
            network.run(input, logits, listener);
            List<Double> heard = listener.heard;
            assertTrue(heard.size() > 5, heard::toString);
            for (int i = 1; i < heard.size(); i++) {
                assertTrue(heard.get(i) >= heard.get(i - 1), heard::toString);
            }
            assertEquals(1, heard.get(heard.size() - 1));
            Listener stopping = new Listener(0.1);
            assertThrows(SegmentationCancelledException.class, () -> network.run(input, logits, stopping));
            assertTrue(stopping.heard.get(stopping.heard.size() - 1) < 1, stopping.heard::toString);
            float[] again = logits(model);
            network.run(input, again, new CancellationToken());
            assertArrayEquals(logits, again);
        }
    }
}
