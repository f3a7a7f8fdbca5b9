// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ForkJoinPool;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.efficientsegnet.parallel.Background;
import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.pipeline.CoarseToFine;
import org.efficientsegnet.pipeline.Engines;
import org.efficientsegnet.pipeline.FloatArrays;
import org.efficientsegnet.pipeline.RunLimits;
import org.efficientsegnet.pipeline.Services;
import org.efficientsegnet.pipeline.Warnings;
import org.efficientsegnet.spi.EngineOptions;
import org.efficientsegnet.spi.EngineOptions.Concurrency;
import org.efficientsegnet.spi.ModelBundle;
import org.efficientsegnet.spi.ModelBundleSource;
import org.efficientsegnet.spi.ModelIdentity;
import org.efficientsegnet.spi.NetworkEngine;
import org.efficientsegnet.volume.Axis;
import org.efficientsegnet.volume.ProbabilityMap;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Volume;

/**
 * Finds organs in CT scans. Load one, use it from as many threads as you like, close it at the end:
 *
 * <pre>{@code
 * Volume ct = Volumes.read(Path.of("ct.nii.gz"));                // efficientsegnet-io
 * try (Segmenter segmenter = Segmenter.pretrained()) {           // efficientsegnet-nn on the class path
 *     Segmentation result = segmenter.segment(ct);               // labels on ct's own grid
 *     double liver = result.organ("liver").volumeMl();
 *     LabelMaps.write(result.labels(), Path.of("labels.nii.gz"));
 * }
 * }</pre>
 *
 * <p><strong>Threads.</strong> All methods may be called from any thread. By default runs that come together queue for
 * the networks, so that memory stays that of one run; see {@link Builder#concurrency}. The segmenter never changes the
 * size of the caller's executor, and closes only threads of its own.
 *
 * <p><strong>Memory.</strong> The networks hold native memory from {@link Builder#build} to {@link #close}; {@link
 * #describe} says how much. {@link Builder#releaseMemory} gives working memory back after every run.
 *
 * <p><strong>Stopping.</strong> A run ends at the next step with a {@link SegmentationCancelledException} when its
 * thread is interrupted, its token cancelled, its {@link Builder#timeLimit} over, or, for {@link #segmentAsync}, when
 * somebody else completes its future, as {@code cancel} and {@code orTimeout} do.
 *
 * <p><strong>Errors.</strong> {@link SegmentationException} for everything that is wrong with a scan, a model or an
 * engine; the message names it and the remedy. Its kind {@link SegmenterLoadException} tells that no scan can be segmented.
 */
public final class Segmenter implements AutoCloseable {

    private static final Logger LOG = System.getLogger(Segmenter.class.getName());

    private final ModelBundle model;
    private final Engines.Loaded networks;
    private final CoarseToFine pipeline;
    private final FloatArrays arrays;
    private final ProgressListener progress;
    private final ExecutorService asynchronous;
    private final RunGate gate;
    private final Optional<Duration> timeLimit;

    private Segmenter(Builder builder, ModelBundle model, List<NetworkEngine> engines) {
        this.model = model;
        progress = builder.progress;
        timeLimit = Optional.ofNullable(builder.timeLimit);
        gate = new RunGate(builder.queueLimit == Integer.MAX_VALUE ? Integer.MAX_VALUE : builder.queueLimit + 1);
        arrays = new FloatArrays(!builder.releaseMemory);
        EngineOptions options = new EngineOptions(
                builder.precision, builder.threads, builder.concurrency, builder.releaseMemory, builder.device);
        networks = Engines.load(engines, model, builder.engine, options);
        Parallelism parallelism = Parallelism.of(builder.executor, builder.threads);
        pipeline = new CoarseToFine(model.pipeline(), networks, parallelism, arrays);
        asynchronous = Executors.newCachedThreadPool(work -> {
            Thread thread = new Thread(work, "efficientsegnet-async");
            thread.setDaemon(true);
            return thread;
        });
    }

    /**
     * With the model that is part of the library, on the best engine of this machine, with its defaults.
     *
     * @throws SegmenterLoadException if there is no model or no engine on the class path
     */
    public static Segmenter pretrained() {
        return builder().build();
    }

    /** For everything that is not as usual. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Segments a scan.
     *
     * @param ct the scan, in HU; its voxels must not change meanwhile
     * @return labels on the scan's own grid, with statistics, timings and warnings
     * @throws SegmentationException if the scan cannot be segmented or the engine fails
     * @throws SegmentationQueueFullException if too many runs wait
     * @throws IllegalStateException if the segmenter is closed
     */
    public Segmentation segment(Volume ct) {
        return segment(ct, progress, new CancellationToken());
    }

    /** As {@link #segment(Volume)}, telling a listener of its own how far it is. */
    public Segmentation segment(Volume ct, ProgressListener progress) {
        return segment(ct, progress, new CancellationToken());
    }

    /**
     * As {@link #segment(Volume)}, with a listener and a way to stop.
     *
     * @throws SegmentationCancelledException if it was stopped
     */
    public Segmentation segment(Volume ct, ProgressListener progress, CancellationToken cancellation) {
        return segment(ct, progress, cancellation, Optional.empty());
    }

    /**
     * As {@link #segment(Volume, ProgressListener, CancellationToken)}, and tells how probable each organ is in each voxel,
     * before components are chosen and organs that overlap are told apart: one map after the other, a byte a voxel, so that
     * no more than one need be in memory. An engine that keeps scans in memory of its own passes this one by the CPU's.
     *
     * <pre>{@code
     * segmenter.segment(ct, ProgressListener.NONE, new CancellationToken(), map -> keep(map.name(), map));
     * }</pre>
     *
     * @param probabilities is given the map of every label of the model, in label order, by the calling thread, which waits
     *     for it; what it throws ends the run
     */
    public Segmentation segment(
            Volume ct,
            ProgressListener progress,
            CancellationToken cancellation,
            Consumer<ProbabilityMap> probabilities) {
        return segment(ct, progress, cancellation, Optional.of(probabilities));
    }

    private Segmentation segment(
            Volume ct,
            ProgressListener progress,
            CancellationToken cancellation,
            Optional<Consumer<ProbabilityMap>> probabilities) {
        Objects.requireNonNull(progress, "progress");
        Objects.requireNonNull(cancellation, "cancellation");
        requireVolume(ct.shape());
        gate.admit();
        try {
            return run(ct, progress, new RunLimits(cancellation, timeLimit, System.nanoTime()), probabilities);
        } finally {
            gate.leave();
        }
    }

    private Segmentation run(
            Volume ct, ProgressListener progress, RunLimits limits, Optional<Consumer<ProbabilityMap>> probabilities) {
        return gate.run(() -> {
            CoarseToFine.Result result = pipeline.run(ct, progress, limits, probabilities);
            Segmentation segmentation = new Segmentation(
                    result.labels(),
                    result.organs(),
                    result.region(),
                    result.timings(),
                    Warnings.of(ct, result),
                    model.identity(),
                    networks.engine(),
                    networks.fine().precision());
            LOG.log(Level.DEBUG, () -> summary(ct, segmentation));
            return segmentation;
        });
    }

    private static String summary(Volume ct, Segmentation result) {
        return String.format(
                Locale.ROOT,
                "%s voxels segmented in %.2f s by %s %s on %s in %s (%s): %s; %d warnings",
                ct.shape(),
                result.duration().toNanos() / 1e9,
                result.model().name(),
                result.model().version(),
                result.engine(),
                result.precision(),
                result.timings().entrySet().stream()
                        .map(e -> e.getKey().label() + " " + e.getValue().toMillis() + " ms")
                        .collect(Collectors.joining(", ")),
                result.organs().stream()
                        .map(o -> o.name() + " " + Math.round(o.volumeMl()) + " ml")
                        .collect(Collectors.joining(", ")),
                result.warnings().size());
    }

    /**
     * Segments a scan on another thread.
     *
     * @return the result to come. Whoever completes it before the run does, by cancelling it, by {@code orTimeout} or
     *     {@code complete}, stops the run at its next step. It fails with what {@link #segment(Volume)} throws
     * @throws SegmentationQueueFullException if too many runs wait
     * @throws IllegalStateException if the segmenter is closed
     */
    public CompletableFuture<Segmentation> segmentAsync(Volume ct) {
        return segmentAsync(ct, progress);
    }

    /** As {@link #segmentAsync(Volume)}, telling a listener of its own how far it is. */
    public CompletableFuture<Segmentation> segmentAsync(Volume ct, ProgressListener progress) {
        Objects.requireNonNull(progress, "progress");
        requireVolume(ct.shape());
        gate.admit();
        CancellationToken cancellation = new CancellationToken();
        RunLimits limits = new RunLimits(cancellation, timeLimit, System.nanoTime());
        CompletableFuture<Segmentation> future = new CompletableFuture<>();
        future.whenComplete((result, failure) -> cancellation.cancel());
        asynchronous.execute(() -> {
            Segmentation result = null;
            Throwable failure = null;
            try {
                limits.cancellation().check("the run");
                result = run(ct, progress, limits, Optional.empty());
            } catch (RuntimeException | Error e) {
                failure = e;
            } finally {
                gate.leave();
            }
            if (failure == null) {
                future.complete(result);
            } else {
                future.completeExceptionally(failure);
            }
        });
        return future;
    }

    /** Which model is loaded. */
    public ModelIdentity model() {
        return model.identity();
    }

    /** The name of each label, the first is label 1. */
    public List<String> labels() {
        return model.pipeline().labels();
    }

    /** The engine that runs the networks. */
    public String engine() {
        return networks.engine();
    }

    /** What runs, with which model, and why; several lines for people. */
    public String describe() {
        ModelIdentity id = model.identity();
        return "model   " + id.name() + " " + id.version() + " (sha256 " + id.sha256() + ")\n"
                + "labels  " + String.join(", ", model.pipeline().labels()) + "\n"
                + "engine  " + networks.reason() + "\n"
                + "coarse  " + model.coarse().name() + " at " + model.coarse().inputSize() + ": "
                + networks.coarse().describe() + "\n"
                + "fine    " + model.fine().name() + " at " + model.fine().inputSize() + ": "
                + networks.fine().describe()
                + model.remarks().stream().map(remark -> "\nremark  " + remark).collect(Collectors.joining());
    }

    /** Gives memory that is only needed while running back; the next run takes it again. */
    public void releaseMemory() {
        arrays.clear();
        networks.coarse().releaseMemory();
        networks.fine().releaseMemory();
    }

    /**
     * Waits for the runs that were accepted, those of {@link #segmentAsync} among them, then frees the networks. Closing
     * twice does nothing.
     *
     * @throws IllegalStateException if called from within a run, by a progress listener
     */
    @Override
    public void close() {
        if (gate.close()) {
            asynchronous.shutdown();
            arrays.clear();
            networks.close();
        }
    }

    private static void requireVolume(Shape shape) {
        for (Axis axis : Axis.values()) {
            if (shape.along(axis) < 2) {
                throw new SegmentationException("a scan of " + shape + " voxels (z, y, x) is an image, not a volume;"
                        + " at least two voxels are needed along every axis");
            }
        }
    }

    /**
     * Settings of a {@link Segmenter}; every one has a default. Not thread-safe, and may be used again after {@link
     * #build}.
     */
    public static final class Builder {

        private ModelBundle bundle;
        private Path path;
        private String engine;
        private Integer device;
        private Precision precision = Precision.AUTO;
        private int threads = Runtime.getRuntime().availableProcessors();
        private Executor executor = ForkJoinPool.commonPool();
        private Concurrency concurrency = Concurrency.QUEUE;
        private boolean releaseMemory;
        private ProgressListener progress = ProgressListener.NONE;
        private int queueLimit = Integer.MAX_VALUE;
        private Duration timeLimit;

        private Builder() {}

        /** The model bundle: a directory or a zip file. Default: the pretrained one. */
        public Builder model(Path bundle) {
            this.path = Objects.requireNonNull(bundle, "bundle");
            this.bundle = null;
            return this;
        }

        /** A model bundle that has been read. Default: the pretrained one. */
        public Builder model(ModelBundle bundle) {
            this.bundle = Objects.requireNonNull(bundle, "bundle");
            this.path = null;
            return this;
        }

        /** The engine by its name: {@code "onednn"}, {@code "samediff"}, {@code "cuda"}. Default: the machine's best. */
        public Builder engine(String name) {
            this.engine = Objects.requireNonNull(name, "name");
            return this;
        }

        /**
         * Which GPU, by its number from 0 on, for engines that run on one; engines for CPUs are not chosen then. A
         * segmenter stays on one; for several GPUs, or several at once on one, build several segmenters. Default: the
         * engine's choice, the first.
         */
        public Builder device(int number) {
            if (number < 0) {
                throw new IllegalArgumentException("devices are counted from 0, there is no " + number);
            }
            this.device = number;
            return this;
        }

        /** The arithmetic of the networks. Default: {@link Precision#AUTO}. */
        public Builder precision(Precision precision) {
            this.precision = Objects.requireNonNull(precision, "precision");
            return this;
        }

        /** How many threads one run may use. Default: as many as there are processors. */
        public Builder threads(int threads) {
            if (threads < 1) {
                throw new IllegalArgumentException("at least one thread is needed, not " + threads);
            }
            this.threads = threads;
            return this;
        }

        /**
         * Who runs the parallel parts of the steps around the networks, beside the calling thread. Stays the caller's,
         * who closes it after the segmenter. Default: the common pool.
         */
        public Builder executor(Executor executor) {
            this.executor = Objects.requireNonNull(executor, "executor");
            return this;
        }

        /** What happens to runs that come together. Default: they queue for the networks. */
        public Builder concurrency(Concurrency concurrency) {
            this.concurrency = Objects.requireNonNull(concurrency, "concurrency");
            return this;
        }

        /**
         * How many runs may wait while one is on its way (with {@link Concurrency#SIDE_BY_SIDE}, how many may run beside
         * it); a further one is refused at once with a {@link SegmentationQueueFullException}. A service answers
         * "busy" then, instead of holding ever more scans in memory. Default: no limit.
         */
        public Builder queueLimit(int runs) {
            if (runs < 0) {
                throw new IllegalArgumentException("no fewer than 0 runs can wait, not " + runs);
            }
            this.queueLimit = runs;
            return this;
        }

        /**
         * How long a run may take, its waiting included; then it ends at its next step with a {@link
         * SegmentationCancelledException}. Default: as long as it needs.
         */
        public Builder timeLimit(Duration limit) {
            if (limit.isNegative() || limit.isZero()) {
                throw new IllegalArgumentException("a run cannot be done within " + limit);
            }
            this.timeLimit = limit;
            return this;
        }

        /** Whether working memory goes back to the system after every run; runs get slower. Default: it is kept. */
        public Builder releaseMemory(boolean release) {
            this.releaseMemory = release;
            return this;
        }

        /** Told how far runs are that have no listener of their own. Default: nobody. */
        public Builder progress(ProgressListener progress) {
            this.progress = Objects.requireNonNull(progress, "progress");
            return this;
        }

        /**
         * Loads the model's networks.
         *
         * @return the segmenter, which the caller closes
         * @throws SegmenterLoadException if the model cannot be read or no engine can run it
         */
        public Segmenter build() {
            // Engines load natives to say whether they can run here; meanwhile the model is read.
            Background<List<NetworkEngine>> engines = Background.start(Engines::all);
            return new Segmenter(this, readModel(), engines.join(RuntimeException.class));
        }

        /**
         * Reads the model that {@link #build} would load, without loading it: which one it is and which labels it has.
         *
         * @throws SegmenterLoadException if it cannot be read
         */
        public ModelBundle readModel() {
            if (bundle != null) {
                return bundle;
            }
            List<ModelBundleSource> sources = Services.all(
                    ModelBundleSource.class,
                    e -> LOG.log(Level.WARNING, "a source of models could not be loaded: " + e.getMessage()));
            for (ModelBundleSource source : sources) {
                try {
                    return path == null ? source.pretrained() : source.read(path);
                } catch (IOException e) {
                    throw new SegmenterLoadException(
                            "the model " + (path == null ? "of the library" : path) + " cannot be read: "
                                    + e.getMessage(),
                            e);
                }
            }
            throw new SegmenterLoadException(
                    "nothing on the class path reads model bundles; add org.efficientsegnet:efficientsegnet-nn");
        }
    }
}
