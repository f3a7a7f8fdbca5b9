// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.benchmarks;

import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.postprocess.Components;
import org.efficientsegnet.postprocess.LogitRestorer;
import org.efficientsegnet.preprocess.Normalizer;
import org.efficientsegnet.preprocess.Resampler;
import org.efficientsegnet.volume.Geometry;
import org.efficientsegnet.volume.Layout;
import org.efficientsegnet.volume.Orientation;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Voxels;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** The steps around the networks on a scan of 512x512x160 voxels, as the scanner turned it and otherwise. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(
        value = 1,
        jvmArgs = {"-Xms2g", "-Xmx2g", "-XX:+AlwaysPreTouch"})
public class StepsBenchmark {

    private static final Shape SCAN = new Shape(160, 512, 512);
    private static final Shape REGION = new Shape(130, 300, 350);
    private static final Shape FINE = Shape.cube(192);

    /** The scan's orientation: as scanners write it, and with slices along x, where rows are not contiguous. */
    @Param({"LPS", "SRA"})
    public String orientation;

    private final Parallelism parallelism = Parallelism.common();
    private Voxels voxels;
    private Layout layout;
    private float[] logits;
    private byte[] masks;

    /** A scan with a gradient, and logits of four balls. */
    @Setup
    public void make() {
        Orientation from = Orientation.of(orientation);
        Shape stored = Layout.contiguous(SCAN).reorient(Orientation.RAS, from).shape();
        short[] hu = new short[stored.arrayLength()];
        for (int i = 0; i < hu.length; i++) {
            hu[i] = (short) (i % 2000 - 1000);
        }
        voxels = new Voxels.Shorts(hu, false);
        Geometry geometry = Geometry.of(from, 0.8, 0.8, 3);
        layout = Layout.contiguous(stored).reorient(geometry.orientation(), Orientation.RAS);
        logits = new float[4 * FINE.arrayLength()];
        for (int c = 0; c < 4; c++) {
            for (int z = 0; z < FINE.z(); z++) {
                for (int y = 0; y < FINE.y(); y++) {
                    for (int x = 0; x < FINE.x(); x++) {
                        double r = Math.hypot(Math.hypot(z - 96, y - 96), x - 40 - 40 * c);
                        logits[c * FINE.arrayLength() + FINE.index(z, y, x)] = (float) (25 - r);
                    }
                }
            }
        }
        masks = LogitRestorer.masks(logits, FINE, 0, 4, 0.5, REGION, parallelism);
    }

    /** The whole scan to the coarse input. */
    @Benchmark
    public float[] coarseInput() {
        float[] input = Resampler.trilinear(voxels, layout, 1, 0, Shape.cube(160), parallelism);
        Normalizer.clipAndStandardize(input, -325, 325, 1e-5, parallelism);
        return input;
    }

    /** The fine logits to masks of the region. */
    @Benchmark
    public byte[] restore() {
        return LogitRestorer.masks(logits, FINE, 0, 4, 0.5, REGION, parallelism);
    }

    /** The components of four organs; the copy of the masks is part of it. */
    @Benchmark
    public byte[] components() {
        byte[] copy = Arrays.copyOf(masks, masks.length);
        for (int bit = 0; bit < 4; bit++) {
            Components.keepLargest(copy, bit, REGION, 1, 100, parallelism);
        }
        return copy;
    }
}
