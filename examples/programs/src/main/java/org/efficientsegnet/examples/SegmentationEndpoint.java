// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.efficientsegnet.SegmentationCancelledException;
import org.efficientsegnet.SegmentationException;
import org.efficientsegnet.SegmentationQueueFullException;
import org.efficientsegnet.Segmenter;
import org.efficientsegnet.io.dicom.DicomSeg;
import org.efficientsegnet.io.dicom.DicomSeries;
import org.efficientsegnet.io.format.ReadOptions;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.multipart.MultipartFile;

/**
 * A service: the files of a CT series come in a form, a DICOM segmentation goes out, and no file touches the disk. A
 * controller of Spring Boot, which closes it, and with it the segmenter, at the end.
 */
@RestController
public final class SegmentationEndpoint implements AutoCloseable {

    /** One for the whole service: runs queue for it, those that would wait for long are refused. */
    private final Segmenter segmenter;

    /** As Spring makes it. */
    public SegmentationEndpoint() {
        this(Segmenter.builder().queueLimit(4).timeLimit(Duration.ofMinutes(1)).build());
    }

    SegmentationEndpoint(Segmenter segmenter) {
        this.segmenter = segmenter;
    }

    /** Segments a series. */
    @PostMapping(path = "/segmentations", produces = "application/dicom")
    public byte[] segment(@RequestParam("instance") List<MultipartFile> instances) throws IOException {
        List<ByteBuffer> files = new ArrayList<>();
        for (MultipartFile instance : instances) {
            files.add(ByteBuffer.wrap(instance.getBytes()));
        }
        DicomSeries series = DicomSeries.choose(files, ReadOptions.DEFAULT);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        DicomSeg.write(segmenter.segment(series.read()).labels(), series, out, DicomSeg.Options.DEFAULT);
        return out.toByteArray();
    }

    /** As many runs wait as may, or time is up: the client tries again later. */
    @ExceptionHandler({SegmentationQueueFullException.class, SegmentationCancelledException.class})
    @ResponseStatus(HttpStatus.SERVICE_UNAVAILABLE)
    public String busy(SegmentationException refusal) {
        return refusal.getMessage();
    }

    /** The files are no CT series, or none that can be segmented: the message says what is wrong with which. */
    @ExceptionHandler({IOException.class, SegmentationException.class})
    @ResponseStatus(HttpStatus.UNPROCESSABLE_ENTITY)
    public String unreadable(Exception problem) {
        return problem.getMessage();
    }

    @Override
    public void close() {
        segmenter.close();
    }
}
