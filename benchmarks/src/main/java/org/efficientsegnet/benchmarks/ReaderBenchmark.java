// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.benchmarks;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPInputStream;
import org.efficientsegnet.io.Volumes;
import org.efficientsegnet.io.gzip.GunzipStream;
import org.efficientsegnet.volume.Volume;
import org.openjdk.jmh.annotations.AuxCounters;
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
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Reading a scan from each format, and beside it the limits: gunzip alone of the same voxels, and the bytes of a plain
 * file alone. The counter {@code megabytes} is 10⁶ bytes of voxels a second, whatever the file's size.
 *
 * <p>The scan is made up unless {@code -Defficientsegnet.scan=PATH} names one, in any format.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 4, time = 2)
@Fork(
        value = 1,
        jvmArgs = {"-Xms2g", "-Xmx2g"})
public class ReaderBenchmark {

    /** Voxels that were read. */
    @State(Scope.Thread)
    @AuxCounters(AuxCounters.Type.OPERATIONS)
    public static class Decoded {

        /** In 10⁶ bytes. */
        public double megabytes;
    }

    /** A scan in a folder that is deleted afterwards. */
    public abstract static class Written {

        private Path folder;
        Path scan;
        double megabytes;

        abstract ScanFiles.Format format();

        /** Writes the scan. */
        @Setup
        public void write() throws IOException {
            Volume volume = ScanFiles.volume();
            megabytes = (double) volume.voxels().length() * volume.voxels().bytesPerVoxel() / 1e6;
            folder = Files.createTempDirectory("readers");
            scan = ScanFiles.write(volume, format(), folder);
        }

        /** Deletes it. */
        @TearDown
        public void delete() throws IOException {
            Folders.delete(folder);
        }
    }

    /** The scan in one of the formats. */
    @State(Scope.Benchmark)
    public static class AnyFormat extends Written {

        /** Which. */
        @Param
        public ScanFiles.Format format;

        @Override
        ScanFiles.Format format() {
            return format;
        }
    }

    /** The scan in gzip. */
    @State(Scope.Benchmark)
    public static class Compressed extends Written {

        @Override
        ScanFiles.Format format() {
            return ScanFiles.Format.NIFTI_GZIP;
        }
    }

    /** The scan as it is. */
    @State(Scope.Benchmark)
    public static class Plain extends Written {

        @Override
        ScanFiles.Format format() {
            return ScanFiles.Format.NIFTI;
        }
    }

    /** The library's readers. */
    @Benchmark
    public Volume read(AnyFormat written, Decoded decoded) throws IOException {
        decoded.megabytes += written.megabytes;
        return Volumes.read(written.scan);
    }

    /** The JDK's gunzip with large buffers, the bytes thrown away. */
    @Benchmark
    public long gunzipOfJdk(Compressed written, Decoded decoded) throws IOException {
        decoded.megabytes += written.megabytes;
        try (InputStream in = new GZIPInputStream(open(written.scan), 1 << 16)) {
            return drain(in);
        }
    }

    /** The library's gunzip, the bytes thrown away. */
    @Benchmark
    public long gunzip(Compressed written, Decoded decoded) throws IOException {
        decoded.megabytes += written.megabytes;
        try (InputStream in = new GunzipStream(written.scan, open(written.scan))) {
            return drain(in);
        }
    }

    /** A plain file's bytes, thrown away. */
    @Benchmark
    public long bytes(Plain written, Decoded decoded) throws IOException {
        decoded.megabytes += written.megabytes;
        try (InputStream in = Files.newInputStream(written.scan)) {
            return drain(in);
        }
    }

    private static InputStream open(Path file) throws IOException {
        return new BufferedInputStream(Files.newInputStream(file), 1 << 16);
    }

    private static long drain(InputStream in) throws IOException {
        byte[] buffer = new byte[1 << 16];
        long total = 0;
        for (int n; (n = in.read(buffer)) > 0; ) {
            total += n;
        }
        return total;
    }
}
