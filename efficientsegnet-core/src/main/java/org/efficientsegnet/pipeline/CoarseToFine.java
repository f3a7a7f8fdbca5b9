// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.pipeline;

import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.efficientsegnet.ProgressListener;
import org.efficientsegnet.SegmentationCancelledException;
import org.efficientsegnet.Stage;
import org.efficientsegnet.metrics.LabelStatistics;
import org.efficientsegnet.metrics.OrganStatistics;
import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.postprocess.RegionOfInterest;
import org.efficientsegnet.preprocess.Intensities;
import org.efficientsegnet.preprocess.NonFiniteVoxels;
import org.efficientsegnet.spi.NetworkPass;
import org.efficientsegnet.spi.PipelineSpec;
import org.efficientsegnet.spi.PlacedScan;
import org.efficientsegnet.spi.RunControl;
import org.efficientsegnet.volume.Box;
import org.efficientsegnet.volume.Geometry;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.Layout;
import org.efficientsegnet.volume.ProbabilityMap;
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

    private final PipelineSpec spec;
    private final Engines.Loaded networks;
    private final Parallelism parallelism;
    private final FloatArrays arrays;

    /**
     * @param spec what is done around the networks
     * @param networks its networks, ready to run; they stay the caller's, who closes them
     * @param parallelism the threads that the steps around the networks use
     * @param arrays where working arrays come from
     */
    public CoarseToFine(PipelineSpec spec, Engines.Loaded networks, Parallelism parallelism, FloatArrays arrays) {
        this.spec = spec;
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
     * @param located the boxes in which the coarse network found labels, on the scan's own grid
     * @param timings how long each stage took
     * @param intensities how the scan's values are distributed
     */
    public record Result(
            LabelMap labels,
            List<OrganStatistics> organs,
            Optional<Box> region,
            Map<Integer, Box> located,
            Map<Stage, Duration> timings,
            Intensities intensities) {}

    /**
     * Segments a scan.
     *
     * @param volume the scan
     * @param progress told of every stage, and of every step of a network that tells it
     * @param limits asked before every stage and between the networks' steps
     * @throws org.efficientsegnet.SegmentationCancelledException if it was stopped
     * @throws org.efficientsegnet.preprocess.NonFiniteVoxelsException if a voxel is not a number or infinite
     */
    public Result run(Volume volume, ProgressListener progress, RunLimits limits) {
        return run(volume, progress, limits, Optional.empty());
    }

    /**
     * Segments a scan and tells how probable every label is in every voxel.
     *
     * @param probabilities is given the map of one label after the other, in label order, in the calling thread; all 0 if
     *     the coarse network found nothing. What it takes counts for no stage
     */
    public Result run(
            Volume volume,
            ProgressListener progress,
            RunLimits limits,
            Optional<Consumer<ProbabilityMap>> probabilities) {
        Run run = new Run(progress, limits);
        Layout whole = volume.oriented(spec.orientation());
        Geometry geometry = volume.geometry().reorient(volume.shape(), spec.orientation());

        Overview overview;
        byte[] labels;
        try (PlacedScan scan = run.stage(Stage.COARSE_PREPARE, () -> place(volume, probabilities.isEmpty()))) {
            overview = locate(scan, whole, geometry, run);
            Optional<MapOutput> maps = probabilities.map(to -> new MapOutput(volume, to));
            labels = overview.region()
                    .map(box -> segment(scan, whole.crop(box), geometry.voxelVolume(), maps, run))
                    .orElseGet(scan::labels);
            if (overview.region().isEmpty()) {
                maps.ifPresent(m -> giveMaps(m, label -> new byte[volume.shape().arrayLength()], run));
            }
        }

        LabelMap map = new LabelMap(volume.shape(), volume.geometry(), labels, names());
        List<OrganStatistics> organs = run.stage(Stage.STATISTICS, () -> LabelStatistics.of(volume, map, parallelism));
        run.done();
        UnaryOperator<Box> ownGrid = box -> box.reorient(
                whole.shape(), spec.orientation(), volume.geometry().orientation());
        Map<Integer, Box> located = new TreeMap<>(overview.located());
        located.replaceAll((label, box) -> ownGrid.apply(box));
        return new Result(map, organs, overview.region().map(ownGrid), located, run.timings, overview.intensities());
    }

    /**
     * The scan where the networks run; by arrays if their engine has no place of its own for it.
     *
     * @param own whether a place of the engine's own will do
     */
    private PlacedScan place(Volume volume, boolean own) {
        NonFiniteVoxels.check(volume, parallelism);
        Optional<PlacedScan> placed = own ? networks.coarse().place(volume) : Optional.empty();
        return placed.orElseGet(() -> new ArrayScan(volume, parallelism, arrays));
    }

    /**
     * Where probability maps go.
     *
     * @param volume the scan, whose grid is theirs
     * @param to is given them
     */
    private record MapOutput(Volume volume, Consumer<ProbabilityMap> to) {}

    /** @param values the map's bytes, by the class, from 0 on */
    private void giveMaps(MapOutput output, IntFunction<byte[]> values, Run run) {
        for (int c = 0; c < spec.labels().size(); c++) {
            int label = c + 1;
            byte[] map = run.stage(Stage.RESTORE, () -> values.apply(label - 1));
            Volume scan = output.volume();
            output.to()
                    .accept(new ProbabilityMap(
                            scan.shape(),
                            scan.geometry(),
                            map,
                            label,
                            spec.labels().get(c)));
        }
    }

    /**
     * What the coarse network makes of the whole scan.
     *
     * @param region the box of all organs with its margin, on the oriented grid
     * @param located the box of each label that was found, without a margin, on the oriented grid
     * @param intensities how the scan's values are distributed
     */
    private record Overview(Optional<Box> region, Map<Integer, Box> located, Intensities intensities) {}

    private Overview locate(PlacedScan scan, Layout whole, Geometry geometry, Run run) {
        Shape size = networks.coarse().inputSize();
        Shape full = whole.shape();
        double voxel = geometry.voxelVolume() * full.voxels() / size.voxels();
        try (NetworkPass pass = scan.pass(networks.coarse(), whole)) {
            run.stage(Stage.COARSE_PREPARE, pass::resample);
            Intensities intensities = pass.intensities();
            if (intensities.isFlat(spec.windowLow(), spec.windowHigh())) {
                // The z-score is 0 everywhere then, of which a network makes anything, the whole scan an organ for one.
                return new Overview(Optional.empty(), Map.of(), intensities);
            }
            run.stage(Stage.COARSE_PREPARE, () -> normalize(pass));
            run.stage(Stage.COARSE_NETWORK, () -> pass.infer(run.control(Stage.COARSE_NETWORK)));
            Map<Integer, Box> coarse =
                    run.stage(Stage.LOCATE, () -> boxes(pass, size, spec.coarseMinimumMm3() / voxel));
            Optional<Box> region = coarse.values().stream()
                    .reduce(Box::union)
                    .map(box -> RegionOfInterest.fromCoarse(box, size, full, geometry, spec.marginMm()));
            coarse.replaceAll((label, box) -> RegionOfInterest.fromCoarse(box, size, full, geometry, 0));
            return new Overview(region, coarse, intensities);
        }
    }

    /** The boxes of the labels that were found; label by label, since a pass knows one box for all of its masks. */
    private Map<Integer, Box> boxes(NetworkPass pass, Shape size, double minimumVoxels) {
        Map<Integer, Box> boxes = new TreeMap<>();
        for (int c = 0; c < spec.labels().size(); c++) {
            int label = c + 1;
            pass.restore(c, 1, spec.threshold(), size);
            pass.keepLargest(spec.componentsPerLabel().subList(c, c + 1), minimumVoxels);
            pass.box().ifPresent(box -> boxes.put(label, box));
        }
        return boxes;
    }

    /** Segments the part of the scan that a layout shows; the labels are the whole scan's, on its own grid. */
    private byte[] segment(PlacedScan scan, Layout region, double voxelVolume, Optional<MapOutput> maps, Run run) {
        try (NetworkPass pass = scan.pass(networks.fine(), region)) {
            run.stage(Stage.FINE_PREPARE, pass::resample);
            run.stage(Stage.FINE_PREPARE, () -> normalize(pass));
            run.stage(Stage.FINE_NETWORK, () -> pass.infer(run.control(Stage.FINE_NETWORK)));
            for (int first = 0; first < spec.labels().size(); first += CLASSES_A_BYTE) {
                int from = first;
                run.group(first, spec.labels().size());
                run.stage(Stage.RESTORE, () -> restore(pass, from, region.shape()));
                run.stage(Stage.COMPONENTS, () -> {
                    keepLargest(pass, from, spec.fineMinimumMm3() / voxelVolume);
                    pass.paint(from + 1);
                });
            }
            maps.ifPresent(output -> giveMaps(output, pass::probabilities, run));
        }
        return run.timed(Stage.COMPONENTS, scan::labels);
    }

    private void normalize(NetworkPass pass) {
        pass.normalize(spec.windowLow(), spec.windowHigh(), spec.epsilon());
    }

    private void restore(NetworkPass pass, int firstClass, Shape to) {
        pass.restore(firstClass, classesFrom(firstClass), spec.threshold(), to);
    }

    private void keepLargest(NetworkPass pass, int firstClass, double minimumVoxels) {
        int end = firstClass + classesFrom(firstClass);
        pass.keepLargest(spec.componentsPerLabel().subList(firstClass, end), minimumVoxels);
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
        private final RunLimits limits;
        private final Map<Stage, Duration> timings = new EnumMap<>(Stage.class);
        private double told;

        /** Which part of the classes is being restored, from 0 to 1. */
        private double groupBegins;

        private double groupEnds = 1;

        Run(ProgressListener progress, RunLimits limits) {
            this.progress = progress;
            this.limits = limits;
        }

        /** Classes that fit into one byte are restored and painted together, group after group. */
        void group(int firstClass, int classes) {
            groupBegins = (double) firstClass / classes;
            groupEnds = Math.min(1, (double) (firstClass + CLASSES_A_BYTE) / classes);
        }

        /** @param within how much of the stage is done, 0 to 1 */
        private void tell(Stage stage, double within) {
            double begins = stage.begins();
            double ends = stage == Stage.STATISTICS ? 1 : Stage.values()[stage.ordinal() + 1].begins();
            if (stage == Stage.RESTORE || stage == Stage.COMPONENTS) {
                double all = Stage.STATISTICS.begins() - Stage.RESTORE.begins();
                double share = groupEnds - groupBegins;
                begins = Stage.RESTORE.begins() + groupBegins * all + share * (begins - Stage.RESTORE.begins());
                ends = Stage.RESTORE.begins() + groupBegins * all + share * (ends - Stage.RESTORE.begins());
            }
            told = Math.max(told, begins + within * (ends - begins));
            progress.progress(stage, told);
        }

        /** What a network asks and tells while it runs. */
        RunControl control(Stage stage) {
            return new RunControl() {
                @Override
                public boolean isCancelled() {
                    return limits.isReached();
                }

                @Override
                public void check(String step) {
                    limits.check(step);
                }

                @Override
                public void progress(double done) {
                    tell(stage, done);
                }
            };
        }

        void done() {
            tell(Stage.STATISTICS, 1);
        }

        void stage(Stage stage, Runnable work) {
            stage(stage, () -> {
                work.run();
                return null;
            });
        }

        <T> T stage(Stage stage, Supplier<T> work) {
            limits.check(stage.label());
            tell(stage, 0);
            return timed(stage, work);
        }

        <T> T timed(Stage stage, Supplier<T> work) {
            long start = System.nanoTime();
            T result;
            try {
                result = work.get();
            } catch (SegmentationCancelledException e) {
                throw limits.reason(stage.label(), e);
            }
            timings.merge(stage, Duration.ofNanos(System.nanoTime() - start), Duration::plus);
            return result;
        }
    }
}
