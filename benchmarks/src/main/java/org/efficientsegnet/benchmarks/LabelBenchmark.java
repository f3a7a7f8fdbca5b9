// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.benchmarks;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.TimeUnit;
import org.efficientsegnet.labels.ConnectedComponents;
import org.efficientsegnet.labels.Connectivity;
import org.efficientsegnet.labels.Downsampling;
import org.efficientsegnet.labels.LabelArray;
import org.efficientsegnet.labels.LabelCounts;
import org.efficientsegnet.labels.LabelGrid;
import org.efficientsegnet.labels.Remapping;
import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.volume.Layout;
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

/** Label volumes of 512x512x400 voxels, beside a copy of the array, which bounds what memory allows. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 3, time = 2)
@Fork(
        value = 1,
        jvmArgs = {"-Xms4g", "-Xmx4g", "-XX:+AlwaysPreTouch"})
public class LabelBenchmark {

    /** What is in the volume. */
    @Param({"organs", "noise", "stripes"})
    public String volume;

    /** How many threads work. */
    @Param({"1", "2"})
    public int threads;

    private Parallelism p;
    private byte[] labels;
    private short[] image;
    private LabelGrid grid;
    private Remapping remapping;

    /** Makes the volume, and an image of 16 bits of the same extent. */
    @Setup
    public void make() {
        p = Parallelism.of(ForkJoinPool.commonPool(), threads);
        labels = LabelVolumes.make(volume);
        grid = LabelGrid.of(LabelVolumes.SHAPE, new LabelArray.Bytes(labels));
        image = new short[labels.length];
        for (int i = 0; i < image.length; i++) {
            image[i] = (short) (31 * i % 2003 - 1000);
        }
        remapping = Remapping.of(Map.of(1, 2, 2, 1, 5, 0), Remapping.Missing.KEEP);
    }

    /** Finds the components of every label, over corners. */
    @Benchmark
    public ConnectedComponents components() {
        return ConnectedComponents.of(grid, Connectivity.CORNERS, p);
    }

    /** The same over faces. */
    @Benchmark
    public ConnectedComponents componentsOverFaces() {
        return ConnectedComponents.of(grid, Connectivity.FACES, p);
    }

    /** The same, and the number of every voxel's. */
    @Benchmark
    public LabelArray componentNumbers() {
        return ConnectedComponents.of(grid, Connectivity.CORNERS, p).numbers(p);
    }

    /** Counts the voxels of every label. */
    @Benchmark
    public LabelCounts counts() {
        return LabelCounts.of(grid, p);
    }

    /** Exchanges labels. */
    @Benchmark
    public LabelArray remap() {
        return remapping.apply(grid, p);
    }

    /** Halves a label volume along every axis. */
    @Benchmark
    public List<LabelGrid> halfLabels() {
        return new Downsampling(2, 2, 2).majority(grid, 1, false, p);
    }

    /** Halves a 16-bit image along every axis. */
    @Benchmark
    public List<Voxels> halfImage() {
        return new Downsampling(2, 2, 2)
                .average(new Voxels.Shorts(image, false), Layout.contiguous(LabelVolumes.SHAPE), 1, p);
    }

    /** What any pass over labels costs at least. */
    @Benchmark
    public byte[] copyOfLabels() {
        return labels.clone();
    }

    /** What any pass over an image costs at least. */
    @Benchmark
    public short[] copyOfImage() {
        return image.clone();
    }
}
