// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples;

import static org.hamcrest.Matchers.containsString;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.springframework.test.web.servlet.request.MockMvcRequestBuilders.multipart;
import static org.springframework.test.web.servlet.result.MockMvcResultMatchers.content;
import static org.springframework.test.web.servlet.result.MockMvcResultMatchers.status;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.efficientsegnet.Segmenter;
import org.efficientsegnet.io.LabelMaps;
import org.efficientsegnet.io.Volumes;
import org.efficientsegnet.volume.LabelMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.mock.web.MockMultipartFile;
import org.springframework.test.web.servlet.MockMvc;
import org.springframework.test.web.servlet.MvcResult;
import org.springframework.test.web.servlet.request.MockMultipartHttpServletRequestBuilder;
import org.springframework.test.web.servlet.setup.MockMvcBuilders;

/** The endpoint behind Spring's dispatcher. */
class SegmentationEndpointTest {

    private static final Path SERIES =
            Path.of("..", "..", "efficientsegnet-io/src/test/resources/org/efficientsegnet/io/dicom/explicit");

    private static MockMvc serving(Segmenter segmenter) {
        return MockMvcBuilders.standaloneSetup(new SegmentationEndpoint(segmenter))
                .build();
    }

    private static MockMultipartHttpServletRequestBuilder request(byte[]... instances) {
        MockMultipartHttpServletRequestBuilder request = multipart("/segmentations");
        for (byte[] instance : instances) {
            request.file(new MockMultipartFile("instance", instance));
        }
        return request;
    }

    /** The slices in an order that is not theirs. */
    private static MockMultipartHttpServletRequestBuilder series() throws IOException {
        return request(
                Files.readAllBytes(SERIES.resolve("s2.dcm")),
                Files.readAllBytes(SERIES.resolve("s0.dcm")),
                Files.readAllBytes(SERIES.resolve("s1.dcm")));
    }

    @Test
    void answersAsTheLibraryDoes(@TempDir Path folder) throws Exception {
        try (Segmenter segmenter = Segmenter.pretrained()) {
            MvcResult answer = serving(segmenter)
                    .perform(series())
                    .andExpect(status().isOk())
                    .andExpect(content().contentType("application/dicom"))
                    .andReturn();
            Path file = Files.write(
                    folder.resolve("labels.dcm"), answer.getResponse().getContentAsByteArray());
            LabelMap expected = segmenter.segment(Volumes.read(SERIES)).labels();
            LabelMap answered = LabelMaps.read(file);
            assertEquals(expected.shape(), answered.shape());
            assertArrayEquals(expected.labels(), answered.labels());
        }
    }

    @Test
    void saysWhatIsWrongWithTheFiles() throws Exception {
        try (Segmenter segmenter = Segmenter.pretrained()) {
            byte[] cut = Arrays.copyOf(Files.readAllBytes(SERIES.resolve("s1.dcm")), 3000);
            for (byte[][] files : List.of(new byte[][] {{1, 2, 3}}, new byte[][] {cut})) {
                serving(segmenter)
                        .perform(request(files))
                        .andExpect(status().isUnprocessableEntity())
                        .andExpect(content().string(containsString("1")));
            }
            serving(segmenter).perform(request()).andExpect(status().isBadRequest());
        }
    }

    @Test
    void refusesWhatWouldWaitTooLong() throws Exception {
        CountDownLatch running = new CountDownLatch(1);
        CountDownLatch refused = new CountDownLatch(1);
        try (Segmenter segmenter = Segmenter.builder()
                .queueLimit(0)
                .progress((stage, fraction) -> {
                    running.countDown();
                    awaited(refused);
                })
                .build()) {
            MockMvc service = serving(segmenter);
            CompletableFuture<Integer> first = CompletableFuture.supplyAsync(() -> {
                try {
                    return service.perform(series()).andReturn().getResponse().getStatus();
                } catch (Exception e) {
                    throw new AssertionError(e);
                }
            });
            awaited(running);
            service.perform(series()).andExpect(status().isServiceUnavailable());
            refused.countDown();
            assertEquals(200, first.get(2, TimeUnit.MINUTES));
        } finally {
            refused.countDown();
        }
    }

    @Test
    void endsWhenTimeIsUp() throws Exception {
        try (Segmenter segmenter =
                Segmenter.builder().timeLimit(Duration.ofNanos(1)).build()) {
            serving(segmenter).perform(series()).andExpect(status().isServiceUnavailable());
        }
    }

    private static void awaited(CountDownLatch latch) {
        try {
            assertTrue(latch.await(2, TimeUnit.MINUTES));
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
