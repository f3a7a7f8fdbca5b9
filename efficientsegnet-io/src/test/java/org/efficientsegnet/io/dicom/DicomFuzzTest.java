package org.efficientsegnet.io.dicom;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import org.efficientsegnet.io.dicom.dataset.DicomFile;
import org.efficientsegnet.io.dicom.dataset.DicomReader;
import org.efficientsegnet.io.dicom.dataset.Source;
import org.efficientsegnet.io.dicom.pixel.FrameReader;
import org.efficientsegnet.io.format.FormatException;
import org.efficientsegnet.io.format.ReadLimits;
import org.junit.jupiter.api.Tag;

/** Any bytes at all are either a DICOM file or refused by a {@link FormatException}, within the limits. */
@Tag("slow")
class DicomFuzzTest {

    private static final Path NAME = Path.of("fuzz.dcm");
    private static final ReadLimits LIMITS = new ReadLimits(1 << 16, 1 << 18, 1 << 16, 16, 10);

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

    private static void check(FormatException e) {
        if (!e.getMessage().contains("fuzz.dcm")) {
            throw new AssertionError("the message names no file", e);
        }
    }
}
