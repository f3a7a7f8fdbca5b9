// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.spark;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.apache.spark.util.SerializableConfiguration;
import org.efficientsegnet.Precision;
import org.efficientsegnet.SegmenterLoadException;
import org.efficientsegnet.io.LabelMaps;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Segments the cases of a table on the executors of a Spark application.
 *
 * <pre>{@code
 * Dataset<Row> cases = Cases.find(spark, "s3a://archive/ct/");
 * Dataset<Row> results = OrganSegmentation.to("s3a://results/run1").labels(".nii.gz").casesPerTask(16).run(cases);
 * }</pre>
 *
 * <p><strong>What is written.</strong> A label map a case, {@code <output>/<id><ending>}, and a table {@code
 * <output>/cases.parquet} with a row a case and a partition {@code run}: {@code id}, {@code path}, {@code series}, {@code
 * status} ({@code done}; {@code kept} from an earlier run; {@code failed}; {@code crashed}, if it ended the virtual
 * machine that worked on it), {@code organs} (name, voxels, ml, meanHu, sdHu), {@code warnings}, {@code remarks}, {@code
 * seconds}, {@code timings}, {@code outputs}, {@code error}, {@code versions}. What is remembered of cases lies below
 * {@code .efficientsegnet} and is what the program's batches remember too. Every file is complete or absent.
 *
 * <p><strong>Running again</strong> does what is missing or has changed (size or time of an input, model, settings), and
 * loads no model if nothing is.
 *
 * <p><strong>Failures.</strong> A case that cannot be read, segmented or written is a row, never the end of the job. A
 * model that cannot be loaded ends the job at once.
 *
 * <p>Not thread-safe; may be used again after {@link #run}.
 */
public final class OrganSegmentation {

    private static final Logger LOG = LoggerFactory.getLogger(OrganSegmentation.class);
    private static final DateTimeFormatter RUN =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);

    private final String output;
    private String ending = ".nii.gz";
    private int casesPerTask = 16;
    private String model;
    private String engine;
    private Precision precision = Precision.AUTO;
    private Integer threads;
    private boolean redo;
    private boolean unevenSpacing;
    private boolean skipUnreadable;

    private OrganSegmentation(String output) {
        this.output = output;
    }

    /**
     * Results go to a folder of any Hadoop file system.
     *
     * @param output its URI; made if it does not exist
     */
    public static OrganSegmentation to(String output) {
        return new OrganSegmentation(Objects.requireNonNull(output, "output"));
    }

    /**
     * The ending of the label maps, which chooses their format: {@code .nii.gz}, {@code .nrrd}, {@code .dcm} for DICOM
     * SEG. Default: {@code .nii.gz}.
     *
     * @throws IllegalArgumentException if no format has it
     */
    public OrganSegmentation labels(String fileEnding) {
        if (!LabelMaps.endings().contains(fileEnding.toLowerCase(Locale.ROOT))) {
            throw new IllegalArgumentException("label maps are not written as " + fileEnding + "; endings are "
                    + String.join(", ", LabelMaps.endings()));
        }
        this.ending = fileEnding;
        return this;
    }

    /** How many cases a task works on, one after the other. Default: 16. */
    public OrganSegmentation casesPerTask(int cases) {
        if (cases < 1) {
            throw new IllegalArgumentException("a task works on at least one case, not " + cases);
        }
        this.casesPerTask = cases;
        return this;
    }

    /** The model bundle, a folder or zip file of any Hadoop file system. Default: the pretrained one of the library. */
    public OrganSegmentation model(String uri) {
        this.model = Objects.requireNonNull(uri, "uri");
        return this;
    }

    /** The engine by its name. Default: the best of each executor's machine. */
    public OrganSegmentation engine(String name) {
        this.engine = Objects.requireNonNull(name, "name");
        return this;
    }

    /**
     * The arithmetic of the networks. Default: {@link Precision#AUTO}, the fastest that an executor's machine has in
     * hardware; on a cluster of unlike machines FP32 gives labels that are nearest to each other.
     */
    public OrganSegmentation precision(Precision arithmetic) {
        this.precision = Objects.requireNonNull(arithmetic, "arithmetic");
        return this;
    }

    /**
     * How many threads work on one case. Default: {@code spark.task.cpus}, which is one unless set: as many cases side by
     * side as the executor has cores. Labels are the same for any number.
     */
    public OrganSegmentation threads(int number) {
        if (number < 1) {
            throw new IllegalArgumentException("at least one thread is needed, not " + number);
        }
        this.threads = number;
        return this;
    }

    /** Whether cases are done again that an earlier run finished. Default: they are kept. */
    public OrganSegmentation redo(boolean again) {
        this.redo = again;
        return this;
    }

    /** Whether DICOM slices that are spaced unevenly are resampled. Default: such a series fails. */
    public OrganSegmentation allowUneven(boolean resampled) {
        this.unevenSpacing = resampled;
        return this;
    }

    /** Whether DICOM files that cannot be read are left out. Default: such a series fails. */
    public OrganSegmentation skipUnreadable(boolean skipped) {
        this.skipUnreadable = skipped;
        return this;
    }

    /**
     * Works on all cases and returns when they have ended.
     *
     * @param cases with the columns {@code id} and {@code path}, and {@code series} if volumes are to be chosen
     * @return a row a case, read from what was written: to use it computes nothing again
     * @throws SegmenterLoadException if the model cannot be read, or no executor can load it
     * @throws IllegalArgumentException if a column is missing, a path lies below the output folder, or Spark is set to run
     *     tasks twice
     * @throws IllegalStateException if Spark ends the job
     * @throws UncheckedIOException if the output folder or its table cannot be written
     */
    public Dataset<Row> run(Dataset<Row> cases) {
        SparkSession spark = cases.sparkSession();
        SparkConf configuration = spark.sparkContext().conf();
        if (configuration.getBoolean("spark.speculation", false)) {
            throw new IllegalArgumentException("spark.speculation would work on cases twice; set it to false");
        }
        try {
            RemoteFiles files = new RemoteFiles(spark.sparkContext().hadoopConfiguration());
            Path folder = files.path(output);
            String run = RUN.format(Instant.now()) + "-"
                    + UUID.randomUUID().toString().substring(0, 8);
            String sha256 = ExecutorSegmenter.readModel(model, files).identity().sha256();
            int perCase = threads != null ? threads : configuration.getInt("spark.task.cpus", 1);
            BatchSettings settings = new BatchSettings(
                    run,
                    folder.toString(),
                    ending,
                    new BatchSettings.Model(model, sha256),
                    engine,
                    precision,
                    perCase,
                    redo,
                    unevenSpacing,
                    skipUnreadable,
                    asked(sha256));
            var broadcast = JavaSparkContext.fromSparkContext(spark.sparkContext())
                    .broadcast(
                            new SerializableConfiguration(spark.sparkContext().hadoopConfiguration()));
            return run(spark, files, folder, run, planned(cases), new CaseWorker(settings, broadcast));
        } catch (IOException e) {
            throw new UncheckedIOException(e.getMessage(), e);
        }
    }

    /** As {@link #run(Dataset)}, with other work than segmenting. */
    Dataset<Row> run(
            SparkSession spark, RemoteFiles files, Path folder, String run, List<ScanCase> cases, CaseWork work)
            throws IOException {
        try (RowSpool spool = new RowSpool(files, folder, run)) {
            List<ScanCase> sound = withoutProblems(cases, folder, spool);
            LOG.info("{} cases, {} a task, results in {}", sound.size(), casesPerTask, folder);
            new CaseJob(spark.sparkContext(), work, spool).run(sound, casesPerTask);
            return spool.toTable(spark);
        }
    }

    /** The rows of a table, in its order. */
    static List<ScanCase> planned(Dataset<Row> cases) {
        List<String> columns = Arrays.asList(cases.columns());
        for (String needed : List.of("id", "path")) {
            if (!columns.contains(needed)) {
                throw new IllegalArgumentException(
                        "the table of cases has no column " + needed + "; it has " + String.join(", ", columns));
            }
        }
        Dataset<Row> known = columns.contains("series")
                ? cases.select("id", "path", "series")
                : cases.select("id", "path")
                        .withColumn("series", functions.lit(null).cast("string"));
        List<ScanCase> planned = new ArrayList<>();
        for (Iterator<Row> rows = known.toLocalIterator(); rows.hasNext(); ) {
            Row row = rows.next();
            planned.add(new ScanCase(row.getString(0), row.getString(1), row.getString(2)));
        }
        return planned;
    }

    private static List<ScanCase> withoutProblems(List<ScanCase> cases, Path folder, RowSpool spool)
            throws IOException {
        String below = folder + "/";
        Set<String> taken = new HashSet<>();
        List<ScanCase> sound = new ArrayList<>(cases.size());
        for (ScanCase scanCase : cases) {
            Optional<String> problem = scanCase.problem();
            if (problem.isEmpty() && !taken.add(scanCase.id())) {
                problem = Optional.of("the id \"" + scanCase.id() + "\" is that of an earlier row too");
            }
            if (problem.isPresent()) {
                spool.add(CaseRow.without(scanCase, CaseRow.FAILED, 0, problem.get())
                        .toJson());
                continue;
            }
            if (scanCase.path().startsWith(below)) {
                throw new IllegalArgumentException(scanCase.path() + " lies below the output folder " + folder
                        + "; results would be taken for scans. Give another output folder");
            }
            sound.add(scanCase);
        }
        return sound;
    }

    private Map<String, String> asked(String sha256) {
        Map<String, String> asked = new LinkedHashMap<>();
        asked.put("engine", engine == null ? "auto" : engine);
        asked.put("precision", precision.name().toLowerCase(Locale.ROOT));
        asked.put("model", sha256);
        if (unevenSpacing) {
            asked.put("uneven", "allowed");
        }
        if (skipUnreadable) {
            asked.put("unreadable", "skipped");
        }
        return asked;
    }
}
