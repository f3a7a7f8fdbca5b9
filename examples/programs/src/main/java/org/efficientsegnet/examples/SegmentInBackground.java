// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.efficientsegnet.Segmentation;
import org.efficientsegnet.Segmenter;
import org.efficientsegnet.io.Volumes;

/**
 * One segmenter for several scans, as a server has it: requests run in the background, tell how far they are, and are
 * given up after a minute.
 */
public final class SegmentInBackground {

    private SegmentInBackground() {}

    /** Takes the scans, files or DICOM folders. */
    public static void main(String[] args) throws IOException {
        try (Segmenter segmenter = Segmenter.pretrained()) {
            Map<String, CompletableFuture<Segmentation>> requests = new LinkedHashMap<>();
            for (String scan : args) {
                CompletableFuture<Segmentation> request = segmenter.segmentAsync(
                        Volumes.read(Path.of(scan)),
                        (stage, fraction) ->
                                System.out.printf("%s: %s, %.0f%% done%n", scan, stage.label(), 100 * fraction));
                // A cancelled request stops at its next step; one that only fails to answer in time would go on.
                CompletableFuture.delayedExecutor(1, TimeUnit.MINUTES).execute(() -> request.cancel(true));
                requests.put(scan, request);
            }
            requests.forEach(SegmentInBackground::print);
        }
    }

    private static void print(String scan, CompletableFuture<Segmentation> request) {
        try {
            System.out.printf(
                    "%s: liver %.0f ml%n", scan, request.join().organ("liver").volumeMl());
        } catch (CancellationException e) {
            System.out.printf("%s: given up after a minute%n", scan);
        } catch (CompletionException e) {
            System.out.printf("%s: %s%n", scan, e.getCause().getMessage());
        }
    }
}
