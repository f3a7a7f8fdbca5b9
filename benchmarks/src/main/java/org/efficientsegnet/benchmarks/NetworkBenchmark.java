// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.benchmarks;

import ai.onnxruntime.OrtException;
import java.util.concurrent.TimeUnit;
import org.efficientsegnet.CancellationToken;
import org.efficientsegnet.spi.Network;
import org.efficientsegnet.volume.Shape;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One pass of a network, engine against engine and against ONNX Runtime. A pass takes seconds, so single shots are
 * timed; the first two touch the memory for the first time and let the JIT see the loops around the natives.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 2)
@Measurement(iterations = 7)
@Fork(
        value = 2,
        jvmArgs = {
            "-Xms1g",
            "-Xmx1500m",
            "-Dorg.bytedeco.javacpp.maxBytes=16g",
            "-Dorg.bytedeco.javacpp.maxPhysicalBytes=20g"
        })
public class NetworkBenchmark {

    /** Which network, at which size. */
    @Param({"fine-192", "coarse-160"})
    public String network;

    /** What runs it: an engine with a precision, or the peer. */
    @Param({"onednn-BF16", "onednn-FP32", "samediff-FP32", "onnxruntime"})
    public String engine;

    private float[] input;
    private float[] logits;
    private Network loaded;
    private OnnxPeer peer;

    /** Loads the network. */
    @Setup(Level.Trial)
    public void load() throws OrtException {
        String[] parts = network.split("-");
        Shape size = Shape.cube(Integer.parseInt(parts[1]));
        if (engine.equals("onnxruntime")) {
            peer = new OnnxPeer(parts[0], size);
        } else {
            loaded = Workload.load(Workload.model(parts[0], size), engine);
            input = Workload.input(size);
            logits = Workload.logits(size);
        }
    }

    /** Frees it. */
    @TearDown(Level.Trial)
    public void close() throws OrtException {
        if (loaded != null) {
            loaded.close();
        }
        if (peer != null) {
            peer.close();
        }
    }

    /** A pass. */
    @Benchmark
    public float[] pass() throws OrtException {
        if (peer != null) {
            peer.run();
        } else {
            loaded.run(input, logits, new CancellationToken());
        }
        return logits;
    }
}
