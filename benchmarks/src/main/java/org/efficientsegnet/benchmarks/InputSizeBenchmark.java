// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.benchmarks;

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

/** What a pass of the fine network costs against the number of voxels; linear is what it should be. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 2)
@Measurement(iterations = 5)
@Fork(
        value = 1,
        jvmArgs = {
            "-Xms1g",
            "-Xmx1500m",
            "-Dorg.bytedeco.javacpp.maxBytes=16g",
            "-Dorg.bytedeco.javacpp.maxPhysicalBytes=20g"
        })
public class InputSizeBenchmark {

    /**
     * Voxels along z, y and x; 144 and 208 are no multiples of 32. The first has as many as 96³: the context block needs
     * at least 128 along one axis.
     */
    @Param({"64,96,144", "128,128,128", "144,144,144", "160,160,160", "192,192,192", "208,208,208", "256,256,256"})
    public String size;

    /** The engine with a precision. */
    @Param({"onednn-BF16", "onednn-FP32"})
    public String engine;

    private float[] input;
    private float[] logits;
    private Network loaded;

    /** Loads the network. */
    @Setup(Level.Trial)
    public void load() {
        String[] axes = size.split(",");
        Shape shape = new Shape(Integer.parseInt(axes[0]), Integer.parseInt(axes[1]), Integer.parseInt(axes[2]));
        loaded = Workload.load(Workload.model("fine", shape), engine);
        input = Workload.input(shape);
        logits = Workload.logits(shape);
    }

    /** Frees it. */
    @TearDown(Level.Trial)
    public void close() {
        loaded.close();
    }

    /** A pass. */
    @Benchmark
    public float[] pass() {
        loaded.run(input, logits, new CancellationToken());
        return logits;
    }
}
