// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.efficientsegnet.io.dicom.dataset.DicomFile;
import org.efficientsegnet.io.dicom.dataset.DicomReader;
import org.efficientsegnet.io.dicom.dataset.Source;
import org.efficientsegnet.io.dicom.pixel.FrameReader;
import org.efficientsegnet.io.dicom.pixel.PixelFormat;
import org.efficientsegnet.io.format.FormatException;
import org.efficientsegnet.io.format.ReadLimits;
import org.efficientsegnet.io.format.ReadOptions;
import org.efficientsegnet.parallel.Parallelism;

/** Any bytes at all are either a DICOM file or refused by a {@link FormatException}, within the limits. */
class DicomFuzzTest {

    private static final Path NAME = Path.of("fuzz.dcm");
    private static final ReadLimits LIMITS = new ReadLimits(1 << 16, 1 << 18, 1 << 16, 16, 10);
    private static final ReadOptions OPTIONS = ReadOptions.DEFAULT
            .withLimits(LIMITS)
            .withParallelism(Parallelism.SINGLE)
            .withUnevenSpacing(true);
    private static final Path ARCHIVE = temporaryFile("fuzz.dcm.zip");
    private static final Path DIRECTORY = temporaryFile("fuzz.dcm");

    @FuzzTest(maxDuration = "10m")
    void image(byte[] bytes) throws IOException {
        try {
            DicomReader.kind(Source.of(NAME, bytes), LIMITS);
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
        read(ARCHIVE, bytes);
    }

    /** A DICOMDIR in a folder without anything else. */
    @FuzzTest(maxDuration = "10m")
    void directory(byte[] bytes) throws IOException {
        read(DIRECTORY, bytes);
    }

    private static void read(Path file, byte[] bytes) throws IOException {
        Files.deleteIfExists(file);
        Files.write(file, bytes);
        try {
            for (DicomSeries series : DicomSeries.find(file, OPTIONS)) {
                series.read(OPTIONS);
            }
        } catch (FormatException e) {
            check(e);
        }
    }

    /** Not JUnit's, so that the fuzzer can run the targets without it. */
    private static Path temporaryFile(String name) {
        try {
            Path folder = Files.createTempDirectory("fuzz");
            folder.toFile().deleteOnExit();
            Path file = folder.resolve(name);
            file.toFile().deleteOnExit();
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Slices anywhere, with anything said of their acquisitions: every one ends up in one stack, every stack in a grid. */
    @FuzzTest(maxDuration = "10m")
    void stacks(FuzzedDataProvider data) {
        List<Slice> slices = new ArrayList<>();
        while (data.remainingBytes() > 0 && slices.size() < 64) {
            slices.add(slice(slices.size(), data));
        }
        int found = 0;
        Set<Slice> once = Collections.newSetFromMap(new IdentityHashMap<>());
        for (StackGrouping.Stack stack : StackGrouping.stacks(slices)) {
            found += stack.slices().size();
            once.addAll(stack.slices());
            for (boolean uneven : new boolean[] {false, true}) {
                try {
                    StackGeometry grid = StackGeometry.of(NAME, stack.slices(), uneven, LIMITS);
                    int last = grid.gridSlice(grid.slices().size() - 1);
                    if (last != grid.shape().z() - 1 || !uneven && grid.isUneven()) {
                        throw new AssertionError("the last slice lies at " + last + " of " + grid.shape());
                    }
                } catch (FormatException e) {
                    check(e);
                }
            }
        }
        if (found != slices.size() || once.size() != slices.size()) {
            throw new AssertionError(found + " slices in the stacks of " + slices.size());
        }
    }

    private static Slice slice(int number, FuzzedDataProvider data) {
        byte kind = data.consumeByte();
        double step = data.consumeByte() * ((kind & 1) == 0 ? 1.0 : 0.37);
        String says = String.valueOf(data.consumeByte() & 3);
        double[] axial = {1, 0, 0, 0, 1, 0};
        double[] coronal = {1, 0, 0, 0, 0, -1};
        boolean across = (kind & 6) == 6;
        return new Slice(
                Source.of(NAME, new byte[0]),
                0,
                1,
                SliceParser.CT,
                "1." + ((kind & 8) == 0 ? number : number / 2),
                new Slice.SeriesLabel("1", "2", (kind & 16) == 0 ? Optional.of(says) : Optional.empty(), ""),
                across ? new double[] {0, step, 0} : new double[] {(kind & 32) == 0 ? 0 : step / 8, 0, step},
                across ? coronal : axial,
                1,
                1,
                2,
                new PixelFormat(8, (kind & 64) == 0 ? 8 : 9, 16, 16, 15, true, false, 0, 0),
                1,
                0,
                false,
                new Slice.Acquisition(
                        (kind & 128) == 0 ? says : "",
                        says,
                        "",
                        "",
                        "",
                        "",
                        number % 3 == 0 ? OptionalInt.empty() : OptionalInt.of(data.consumeByte())));
    }

    private static void check(FormatException e) {
        if (!e.getMessage().contains("fuzz.dcm")) {
            throw new AssertionError("the message names no file", e);
        }
    }
}
