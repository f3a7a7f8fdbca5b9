package org.efficientsegnet.io.dicom;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import org.efficientsegnet.io.dicom.dataset.DicomFile;
import org.efficientsegnet.io.dicom.dataset.DicomReader;
import org.efficientsegnet.io.dicom.dataset.Source;
import org.efficientsegnet.io.dicom.pixel.FrameReader;
import org.efficientsegnet.io.format.FormatException;
import org.efficientsegnet.io.format.ReadLimits;
import org.efficientsegnet.io.format.ReadOptions;
import org.efficientsegnet.parallel.Parallelism;

/** Any bytes at all are either a DICOM file or refused by a {@link FormatException}, within the limits. */
class DicomFuzzTest {

    private static final Path NAME = Path.of("fuzz.dcm");
    private static final ReadLimits LIMITS = new ReadLimits(1 << 16, 1 << 18, 1 << 16, 16, 10);
    private static final ReadOptions OPTIONS =
            ReadOptions.DEFAULT.withLimits(LIMITS).withParallelism(Parallelism.SINGLE);
    private static final Path ARCHIVE = temporaryFile();

    @FuzzTest(maxDuration = "10m")
    void image(byte[] bytes) throws IOException {
        try {
            DicomFile file = DicomReader.read(Source.of(NAME, bytes), LIMITS);
            for (Slice slice : SliceParser.slices(file, LIMITS, new ArrayList<>())) {
                FrameReader.of(file, slice.format(), slice.frames(), LIMITS).stored(slice.frame());
            }
        } catch (FormatException e) {
            check(e);
        }
    }

    @FuzzTest(maxDuration = "10m")
    void segmentation(byte[] bytes) throws IOException {
        try {
            SegReader.read(Source.of(NAME, bytes), LIMITS);
        } catch (FormatException e) {
            check(e);
        }
    }

    @FuzzTest(maxDuration = "10m")
    void archive(byte[] bytes) throws IOException {
        Files.deleteIfExists(ARCHIVE);
        Files.write(ARCHIVE, bytes);
        try {
            for (DicomSeries series : DicomSeries.find(ARCHIVE, OPTIONS)) {
                series.read(OPTIONS);
            }
        } catch (FormatException e) {
            check(e);
        }
    }

    /** Not JUnit's, so that the fuzzer can run the targets without it. */
    private static Path temporaryFile() {
        try {
            Path file = Files.createTempFile("fuzz.dcm", ".zip");
            file.toFile().deleteOnExit();
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void check(FormatException e) {
        if (!e.getMessage().contains("fuzz.dcm")) {
            throw new AssertionError("the message names no file", e);
        }
    }
}
