// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.spark;

import java.io.ByteArrayInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.lang.management.MemoryUsage;
import java.nio.file.Files;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.efficientsegnet.Segmenter;
import org.efficientsegnet.io.cases.CaseFindings;
import org.efficientsegnet.io.cases.CaseState;
import org.efficientsegnet.io.cases.InputIdentity;
import org.efficientsegnet.spark.storage.Scratch;
import org.efficientsegnet.spark.toy.VaultFileSystem;

/**
 * What large batches cost beside segmenting: of an archive that exists as names only, the time to list it, to plan it, to
 * run tasks that do nothing but make a row of each case, and to run again over results that are all there. The driver and
 * two executing threads share one heap, so that it is more than a driver's.
 */
final class ScaleFigures {

    private static final String NUMBER = "archive.cases";
    private static final String STORE = "archive://store/";
    private static final int PER_FOLDER = 1000;

    private ScaleFigures() {}

    /** Arguments: numbers of cases, 100000 for instance. */
    public static void main(String[] numbers) throws Exception {
        for (String number : numbers) {
            java.nio.file.Path base = Files.createTempDirectory("scale");
            try (SparkSession spark = TestSpark.local(2)
                    .config("spark.hadoop.fs.archive.impl", ArchiveFileSystem.class.getName())
                    .config("spark.hadoop." + VaultFileSystem.BASE, base.toString())
                    .config("spark.hadoop." + NUMBER, number)
                    .getOrCreate()) {
                measure(spark, Integer.parseInt(number));
            } finally {
                Scratch.deleteQuietly(base);
            }
        }
    }

    private static void measure(SparkSession spark, int number) throws IOException {
        System.out.printf(
                "%d cases, largest heap %d MB%n", number, Runtime.getRuntime().maxMemory() >> 20);
        RemoteFiles files = new RemoteFiles(spark.sparkContext().hadoopConfiguration());
        long start = System.nanoTime();
        Dataset<Row> found = Cases.find(spark, STORE + "in");
        start = tell("listed", start);
        List<ScanCase> planned = OrganSegmentation.planned(found);
        tell("planned", start);
        OrganSegmentation one = OrganSegmentation.to(STORE + "out");
        int tasks = 10_000;
        start = System.nanoTime();
        one.casesPerTask(Math.max(1, number / tasks));
        one.run(spark, files, files.path(STORE + "out"), "tasks-" + number, planned, ScaleFigures::rows);
        long tasksTime = System.nanoTime() - start;
        tell("run in 10,000 tasks that only make rows, table included", start);
        System.out.printf(Locale.ROOT, "  %.2f ms a task%n", tasksTime / 1e6 / Math.min(tasks, number));
        one.casesPerTask(16);
        start = System.nanoTime();
        Dataset<Row> again = one.run(found);
        tell("run again, all kept, 16 cases a task, " + (number + 15) / 16 + " tasks", start);
        if (again.filter("status = 'kept'").count() != number) {
            throw new IllegalStateException(
                    "not all kept: " + again.filter("status <> 'kept'").first());
        }
        System.out.println("  table files: " + again.inputFiles().length);
    }

    private static TaskReport rows(CaseWork.Phase phase, List<ScanCase> cases) {
        return new TaskReport(
                cases.stream()
                        .map(c -> CaseRow.of(c, CaseRow.DONE, 1, findings(), List.of(c.id() + ".nii.gz"))
                                .toJson())
                        .toList(),
                List.of(),
                List.of(),
                null);
    }

    private static CaseFindings findings() {
        return new CaseFindings(
                IntStream.range(0, 4)
                        .mapToObj(i -> new CaseFindings.Organ("organ" + i, 123_456, 1234.5, 56.7, 12.3))
                        .toList(),
                List.of("organ1 reaches the last slice; it is cut off there, its volume too small"),
                List.of(),
                Map.of("coarse network", 0.5, "fine network", 1.5, "reading", 0.2),
                Map.of("engine", "onednn", "model", "abdomen-4 2"));
    }

    private static long tell(String what, long start) {
        double seconds = (System.nanoTime() - start) / 1e9;
        long peak = 0;
        for (MemoryPoolMXBean pool : ManagementFactory.getMemoryPoolMXBeans()) {
            if (pool.getType() == MemoryType.HEAP) {
                peak += pool.getPeakUsage().getUsed();
                pool.resetPeakUsage();
            }
        }
        System.gc();
        MemoryUsage after = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage();
        long live = after.getUsed();
        System.out.printf(
                Locale.ROOT, "  %s: %.1f s, heap at most %d MB, live %d MB%n", what, seconds, peak >> 20, live >> 20);
        return System.nanoTime();
    }

    /** Scans, label maps and states that are made up when they are asked for; what is written lies in a real folder. */
    public static final class ArchiveFileSystem extends VaultFileSystem {

        private static final long TIME = 1_700_000_000_000L;
        private static final long SCAN_BYTES = 50_000_000;
        private static final long LABEL_BYTES = 200_000;
        private static final String SHA =
                Segmenter.builder().readModel().identity().sha256();

        @Override
        public RemoteIterator<LocatedFileStatus> listFiles(Path folder, boolean recursive) {
            int number = getConf().getInt(NUMBER, 0);
            return new RemoteIterator<>() {
                private int next;

                @Override
                public boolean hasNext() {
                    return next < number;
                }

                @Override
                public LocatedFileStatus next() {
                    String name = String.format(Locale.ROOT, "d%04d/case%07d.nii.gz", next / PER_FOLDER, next);
                    next++;
                    return new LocatedFileStatus(file(new Path(folder, name), SCAN_BYTES), null);
                }
            };
        }

        private static FileStatus file(Path path, long bytes) {
            return new FileStatus(bytes, false, 1, 1 << 27, TIME, path);
        }

        @Override
        public FileStatus getFileStatus(Path path) throws IOException {
            if (path.getName().endsWith(".nii.gz")) {
                return file(path, path.toUri().getPath().startsWith("/in/") ? SCAN_BYTES : LABEL_BYTES);
            }
            if (path.toUri().getPath().equals("/in")) {
                return new FileStatus(0, true, 1, 1 << 27, TIME, path);
            }
            return super.getFileStatus(path);
        }

        @Override
        public FSDataInputStream open(Path file, int buffer) throws IOException {
            String path = file.toUri().getPath();
            String states = "/out/" + CaseState.placeOf("x").replace("x.json", "");
            if (!path.startsWith(states)) {
                return super.open(file, buffer);
            }
            String id = path.substring(states.length(), path.length() - ".json".length());
            String name = id.substring(id.lastIndexOf('/') + 1) + ".nii.gz";
            CaseState state = new CaseState(
                    STORE + "in/" + id + ".nii.gz",
                    InputIdentity.of(List.of(new InputIdentity.Item(name, SCAN_BYTES, TIME)), Optional.empty()),
                    Map.of("engine", "auto", "precision", "auto", "model", SHA),
                    Map.of(id + ".nii.gz", LABEL_BYTES),
                    List.of(),
                    3.2,
                    findings());
            return new FSDataInputStream(new Bytes(state.toJson()));
        }
    }

    /** A file in memory. */
    private static final class Bytes extends FSInputStream {

        private final ByteArrayInputStream bytes;

        Bytes(byte[] content) {
            bytes = new ByteArrayInputStream(content);
        }

        @Override
        public int read() {
            return bytes.read();
        }

        @Override
        public int read(byte[] target, int offset, int length) {
            return bytes.read(target, offset, length);
        }

        @Override
        public void seek(long position) throws IOException {
            throw new FileNotFoundException("not needed");
        }

        @Override
        public long getPos() {
            return 0;
        }

        @Override
        public boolean seekToNewSource(long position) {
            return false;
        }
    }
}
