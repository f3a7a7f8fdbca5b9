package org.efficientsegnet.pipeline;

import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.efficientsegnet.CancellationToken;
import org.efficientsegnet.ProgressListener;
import org.efficientsegnet.Stage;
import org.efficientsegnet.metrics.LabelStatistics;
import org.efficientsegnet.metrics.OrganStatistics;
import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.postprocess.Components;
import org.efficientsegnet.postprocess.Labels;
import org.efficientsegnet.postprocess.LogitRestorer;
import org.efficientsegnet.postprocess.Regions;
import org.efficientsegnet.preprocess.NonFiniteVoxels;
import org.efficientsegnet.preprocess.Normalizer;
import org.efficientsegnet.preprocess.Resampler;
import org.efficientsegnet.spi.ModelBundle;
import org.efficientsegnet.spi.Network;
import org.efficientsegnet.spi.PipelineSpec;
import org.efficientsegnet.volume.Box;
import org.efficientsegnet.volume.Geometry;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.Layout;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Volume;

/**
 * The way of one scan through both networks (paper, section 2): the whole volume at low resolution tells where the
 * organs are, the box around them is segmented at high resolution.
 *
 * <p>Turning and cropping are layouts over the scan's own array; nothing is copied until a network's input is made.
 * Thread-safe: a run keeps its state to itself.
 */
public final class CoarseToFine {

    /** Classes that fit into the bits of one mask byte. */
    private static final int CLASSES_A_BYTE = 8;

    private final ModelBundle model;
    private final PipelineSpec spec;
    private final Engines.Loaded networks;
    private final Parallelism parallelism;
    private final FloatArrays arrays;

    /**
     * @param model the model
     * @param networks its networks, ready to run; they stay the caller's, who closes them
     * @param parallelism the threads that the steps around the networks use
     * @param arrays where working arrays come from
     */
    public CoarseToFine(ModelBundle model, Engines.Loaded networks, Parallelism parallelism, FloatArrays arrays) {
        this.model = model;
        this.spec = model.pipeline();
        this.networks = networks;
        this.parallelism = parallelism;
        this.arrays = arrays;
    }

    /**
     * What a run gives.
     *
     * @param labels on the scan's own grid
     * @param organs statistics of every label of the model, in label order
     * @param region what the fine network saw, on the scan's own grid; empty if the coarse network found nothing
     * @param timings how long each stage took
     * @param intensities how the scan's values are distributed
     */
    public record Result(
            LabelMap labels,
            List<OrganStatistics> organs,
            Optional<Box> region,
            Map<Stage, Duration> timings,
            Intensities intensities) {}

    /**
     * Segments a scan.
     *
     * @param volume the scan
     * @param progress told of every stage
     * @param cancellation asked before every stage and between the networks' steps
     * @throws org.efficientsegnet.SegmentationCancelledException if it was cancelled
     * @throws org.efficientsegnet.preprocess.NonFiniteVoxelsException if a voxel is not a number or infinite
     */
    public Result run(Volume volume, ProgressListener progress, CancellationToken cancellation) {
        Run run = new Run(progress, cancellation);
        Layout whole = volume.oriented(spec.orientation());
        Geometry geometry = volume.geometry().reorient(volume.shape(), spec.orientation());

        Shape coarseSize = model.coarse().inputSize();
        run.stage(Stage.COARSE_PREPARE, () -> NonFiniteVoxels.check(volume, parallelism));
        float[] hu = run.stage(Stage.COARSE_PREPARE, () -> resample(volume, whole, coarseSize));
        Intensities intensities = Intensities.of(hu);
        Optional<Box> region = locate(hu, whole.shape(), geometry, run);

        byte[] labels = new byte[volume.shape().arrayLength()];
        region.ifPresent(box -> segment(volume, whole.crop(box), geometry.voxelVolume(), labels, run));

        LabelMap map = new LabelMap(volume.shape(), volume.geometry(), labels, names());
        List<OrganStatistics> organs = run.stage(Stage.STATISTICS, () -> LabelStatistics.of(volume, map, parallelism));
        progress.progress(Stage.STATISTICS, 1);
        Optional<Box> ownGrid = region.map(box -> box.reorient(
                whole.shape(), spec.orientation(), volume.geometry().orientation()));
        return new Result(map, organs, ownGrid, run.timings, intensities);
    }

    /** The box of the organs with its margin, on the oriented grid, from the whole scan at the coarse size. */
    private Optional<Box> locate(float[] hu, Shape whole, Geometry geometry, Run run) {
        Shape size = model.coarse().inputSize();
        double voxel = geometry.voxelVolume() * whole.voxels() / size.voxels();
        float[] logits = arrays.take(size.arrayLength() * model.coarse().classes());
        try {
            run.stage(Stage.COARSE_PREPARE, () -> normalize(hu));
            run.stage(Stage.COARSE_NETWORK, () -> infer(networks.coarse(), hu, logits, run.cancellation));
            return run.stage(Stage.LOCATE, () -> {
                Optional<Box> organs = Optional.empty();
                for (int first = 0; first < spec.labels().size(); first += CLASSES_A_BYTE) {
                    byte[] masks = masks(logits, size, first, size);
                    keepLargest(masks, first, size, spec.coarseMinimumMm3() / voxel);
                    Optional<Box> more = Regions.boundingBox(masks, size, parallelism);
                    organs = organs.isEmpty()
                            ? more
                            : Optional.of(more.map(organs.get()::union).orElse(organs.get()));
                }
                return organs.map(box -> Regions.fromCoarse(box, size, whole, geometry, spec.marginMm()));
            });
        } finally {
            arrays.give(logits);
        }
    }

    /** Segments the part of the scan that a layout shows, and writes its labels to the same voxels of the label map. */
    private void segment(Volume volume, Layout region, double voxelVolume, byte[] labels, Run run) {
        Shape size = model.fine().inputSize();
        float[] input = run.stage(Stage.FINE_PREPARE, () -> resample(volume, region, size));
        float[] logits = arrays.take(size.arrayLength() * model.fine().classes());
        try {
            run.stage(Stage.FINE_PREPARE, () -> normalize(input));
            run.stage(Stage.FINE_NETWORK, () -> infer(networks.fine(), input, logits, run.cancellation));
            Shape shape = region.shape();
            for (int first = 0; first < spec.labels().size(); first += CLASSES_A_BYTE) {
                int from = first;
                byte[] masks = run.stage(Stage.RESTORE, () -> masks(logits, size, from, shape));
                run.stage(Stage.COMPONENTS, () -> {
                    keepLargest(masks, from, shape, spec.fineMinimumMm3() / voxelVolume);
                    Labels.paint(masks, classesFrom(from), from + 1, shape, labels, region);
                });
            }
        } finally {
            arrays.give(logits);
        }
    }

    private float[] resample(Volume volume, Layout part, Shape size) {
        return Resampler.trilinear(volume.voxels(), part, volume.slope(), volume.intercept(), size, parallelism);
    }

    private void normalize(float[] hu) {
        Normalizer.clipAndStandardize(hu, spec.windowLow(), spec.windowHigh(), spec.epsilon(), parallelism);
    }

    private static void infer(Network network, float[] input, float[] logits, CancellationToken cancellation) {
        network.run(input, logits, cancellation);
    }

    private byte[] masks(float[] logits, Shape size, int firstClass, Shape to) {
        return LogitRestorer.masks(
                logits, size, firstClass, classesFrom(firstClass), spec.threshold(), to, parallelism);
    }

    private void keepLargest(byte[] masks, int firstClass, Shape shape, double minimumVoxels) {
        for (int bit = 0; bit < classesFrom(firstClass); bit++) {
            int keep = spec.componentsPerLabel().get(firstClass + bit);
            Components.keepLargest(masks, bit, shape, keep, minimumVoxels, parallelism);
        }
    }

    private int classesFrom(int firstClass) {
        return Math.min(CLASSES_A_BYTE, spec.labels().size() - firstClass);
    }

    private TreeMap<Integer, String> names() {
        TreeMap<Integer, String> names = new TreeMap<>();
        for (String name : spec.labels()) {
            names.put(names.size() + 1, name);
        }
        return names;
    }

    /** The clock, the listener and the stop of one run. */
    private static final class Run {

        private final ProgressListener progress;
        private final CancellationToken cancellation;
        private final Map<Stage, Duration> timings = new EnumMap<>(Stage.class);

        Run(ProgressListener progress, CancellationToken cancellation) {
            this.progress = progress;
            this.cancellation = cancellation;
        }

        void stage(Stage stage, Runnable work) {
            stage(stage, () -> {
                work.run();
                return null;
            });
        }

        <T> T stage(Stage stage, Supplier<T> work) {
            cancellation.check(stage.label());
            progress.progress(stage, stage.begins());
            long start = System.nanoTime();
            T result = work.get();
            timings.merge(stage, Duration.ofNanos(System.nanoTime() - start), Duration::plus);
            return result;
        }
    }
}
