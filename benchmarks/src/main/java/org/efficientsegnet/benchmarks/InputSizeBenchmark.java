package org.efficientsegnet.benchmarks;

import java.util.concurrent.TimeUnit;
import org.efficientsegnet.CancellationToken;
import org.efficientsegnet.spi.Network;
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

    /** Voxels along each axis; 144 and 208 are no multiples of 32. */
    @Param({"128", "144", "160", "192", "208", "256"})
    public int size;

    /** The engine with a precision. */
    @Param({"onednn-BF16", "onednn-FP32"})
    public String engine;

    private float[] input;
    private float[] logits;
    private Network loaded;

    /** Loads the network. */
    @Setup(Level.Trial)
    public void load() {
        loaded = Workload.load(Workload.model("fine", size), engine);
        input = Workload.input(size);
        logits = Workload.logits(size);
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
