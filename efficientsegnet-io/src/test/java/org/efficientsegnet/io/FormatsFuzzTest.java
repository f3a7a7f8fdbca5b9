// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.efficientsegnet.io.format.FormatException;
import org.efficientsegnet.io.format.LabelFormat;
import org.efficientsegnet.io.format.ReadLimits;
import org.efficientsegnet.io.format.ReadOptions;
import org.efficientsegnet.io.format.VolumeFormat;
import org.efficientsegnet.io.gzip.GunzipStream;
import org.efficientsegnet.io.metaimage.MetaImageFormat;
import org.efficientsegnet.io.nifti.NiftiFormat;
import org.efficientsegnet.io.nrrd.NrrdFormat;
import org.efficientsegnet.parallel.Parallelism;

/** Any bytes at all are either a volume or refused by a {@link FormatException}, within the limits. */
class FormatsFuzzTest {

    private static final ReadOptions OPTIONS = ReadOptions.DEFAULT
            .withLimits(new ReadLimits(1 << 16, 1 << 19, 1 << 16, 16, 10))
            .withParallelism(Parallelism.SINGLE);

    private static final Path FILE = temporaryFile();

    @FuzzTest(maxDuration = "10m")
    void nifti(byte[] bytes) throws IOException {
        read(NiftiFormat.INSTANCE, NiftiFormat.INSTANCE, bytes);
    }

    @FuzzTest(maxDuration = "10m")
    void nrrd(byte[] bytes) throws IOException {
        read(NrrdFormat.INSTANCE, NrrdFormat.INSTANCE, bytes);
    }

    @FuzzTest(maxDuration = "10m")
    void metaImage(byte[] bytes) throws IOException {
        read(MetaImageFormat.INSTANCE, MetaImageFormat.INSTANCE, bytes);
    }

    @FuzzTest(maxDuration = "10m")
    void gzip(byte[] bytes) throws IOException {
        try (GunzipStream in = new GunzipStream(FILE, new ByteArrayInputStream(bytes))) {
            in.skip(1 << 20);
        } catch (FormatException e) {
            check(e);
        }
    }

    private static void read(VolumeFormat volumes, LabelFormat labels, byte[] bytes) throws IOException {
        Files.deleteIfExists(FILE);
        Files.write(FILE, bytes);
        try {
            volumes.read(FILE, OPTIONS);
        } catch (FormatException e) {
            check(e);
        }
        try {
            labels.readLabels(FILE, OPTIONS);
        } catch (FormatException e) {
            check(e);
        }
    }

    /** Not JUnit's, so that the fuzzer can run the targets without it. */
    private static Path temporaryFile() {
        try {
            Path file = Files.createTempFile("fuzz", ".bin");
            file.toFile().deleteOnExit();
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void check(FormatException e) {
        if (!e.getMessage().contains(FILE.toString())) {
            throw new AssertionError("the message names no file", e);
        }
    }
}
