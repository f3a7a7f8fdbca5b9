// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples;

import java.io.IOException;
import java.nio.file.Path;
import org.efficientsegnet.Segmentation;
import org.efficientsegnet.Segmenter;
import org.efficientsegnet.io.LabelMaps;
import org.efficientsegnet.io.Volumes;
import org.efficientsegnet.volume.Volume;

/** Reads a scan, finds the organs, prints their volumes and writes the label map. */
public final class FirstSegmentation {

    private FirstSegmentation() {}

    /** Takes the scan, a file or a DICOM folder, and the label map to write. */
    public static void main(String[] args) throws IOException {
        if (args.length != 2) {
            System.err.println("usage: FirstSegmentation SCAN LABELS");
            System.exit(2);
        }
        Volume ct = Volumes.read(Path.of(args[0]));
        try (Segmenter segmenter = Segmenter.pretrained()) {
            Segmentation result = segmenter.segment(ct);
            result.organs().forEach(organ -> System.out.printf("%s: %.0f ml%n", organ.name(), organ.volumeMl()));
            result.warnings().forEach(System.err::println);
            LabelMaps.write(result.labels(), Path.of(args[1]));
        }
    }
}
