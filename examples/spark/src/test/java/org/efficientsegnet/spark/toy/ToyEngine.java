// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.spark.toy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.efficientsegnet.CancellationToken;
import org.efficientsegnet.Precision;
import org.efficientsegnet.SegmentationException;
import org.efficientsegnet.spi.EngineOptions;
import org.efficientsegnet.spi.Network;
import org.efficientsegnet.spi.NetworkEngine;
import org.efficientsegnet.spi.NetworkModel;
import org.efficientsegnet.spi.RunControl;
import org.efficientsegnet.volume.Shape;

/**
 * Runs toy networks: what is brighter than the mean is the first organ, what is darker the second. A scan whose first
 * voxel stands out from all others ends the virtual machine. Where a folder is named by the property, the engine tells of itself there, and waits until the file
 * {@code go} is there.
 */
public final class ToyEngine implements NetworkEngine {

    /** The folder: a file {@code loaded-<pid>} is made when a network is loaded, {@code running-<pid>} when one runs. */
    public static final String FOLDER = "toy.folder";

    /** In standard deviations; blocks of organs are far below. */
    private static final float DEADLY = 5;

    @Override
    public String name() {
        return "toy";
    }

    @Override
    public Status status() {
        return new Status(true, -1000, "arithmetic, for tests");
    }

    @Override
    public String refuses(NetworkModel model, EngineOptions options) {
        return model instanceof ToyModels.ToyNetworkModel ? null : "it runs toys only";
    }

    @Override
    public Network load(NetworkModel model, EngineOptions options) {
        if (model.name().equals(ToyModels.UNLOADABLE)) {
            throw new SegmentationException("the toy is broken");
        }
        tell("loaded");
        return new ToyNetwork(model);
    }

    private static void tell(String what) {
        String folder = System.getProperty(FOLDER);
        if (folder != null) {
            try {
                Files.writeString(
                        Path.of(folder, what + "-" + ProcessHandle.current().pid()), what);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private static void awaitGo() {
        String folder = System.getProperty(FOLDER);
        try {
            while (folder != null && !Files.exists(Path.of(folder, "go"))) {
                Thread.sleep(20);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private record ToyNetwork(NetworkModel model) implements Network {
        @Override
        public void run(float[] input, float[] logits, RunControl control) {
            tell("running");
            awaitGo();
            control.check("the toy network");
            int n = input.length;
            for (int i = 0; i < n; i++) {
                logits[i] = 10 * input[i] - 5;
                logits[n + i] = -10 * input[i] - 5;
            }
            if (input[0] > DEADLY) {
                Runtime.getRuntime().halt(77);
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
