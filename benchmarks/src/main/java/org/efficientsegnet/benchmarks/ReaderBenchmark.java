package org.efficientsegnet.benchmarks;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPInputStream;
import org.efficientsegnet.io.Volumes;
import org.efficientsegnet.volume.Volume;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Reading a scan, {@code -Defficientsegnet.scan=FILE}, and beside it what gunzip alone takes for the same bytes: no
 * reader of a .nii.gz can be faster.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 2, time = 3)
@Measurement(iterations = 5, time = 3)
@Fork(
        value = 1,
        jvmArgs = {"-Xms1500m", "-Xmx1500m"})
public class ReaderBenchmark {

    private Path scan;

    /** Finds the scan. */
    @Setup
    public void find() {
        String file = System.getProperty("efficientsegnet.scan");
        if (file == null) {
            throw new IllegalStateException("skipped: -Defficientsegnet.scan=FILE has to name a scan");
        }
        scan = Path.of(file);
    }

    /** The library's reader. */
    @Benchmark
    public Volume read() throws IOException {
        return Volumes.read(scan);
    }

    /** The limit: the JDK's inflater with a large buffer, the bytes thrown away. */
    @Benchmark
    public long gunzip() throws IOException {
        byte[] buffer = new byte[1 << 16];
        long total = 0;
        try (InputStream in =
                new GZIPInputStream(new BufferedInputStream(Files.newInputStream(scan), 1 << 16), 1 << 16)) {
            for (int n; (n = in.read(buffer)) > 0; ) {
                total += n;
            }
        }
        return total;
    }
}
