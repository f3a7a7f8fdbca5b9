package org.efficientsegnet.examples.cli;

import java.io.IOException;
import org.efficientsegnet.Segmentation;
import org.efficientsegnet.io.LabelMaps;
import org.efficientsegnet.io.format.Scan;
import org.efficientsegnet.io.format.WriteOptions;
import org.efficientsegnet.io.preview.Preview;
import org.efficientsegnet.io.preview.PreviewOptions;

/** Writes what a result becomes, each file whole or not at all. */
final class ResultWriter {

    private final Artefacts artefacts;

    ResultWriter(Artefacts artefacts) {
        this.artefacts = artefacts;
    }

    /**
     * Writes the files.
     *
     * @throws IOException if one cannot be written
     */
    void write(Scan scan, Segmentation result) throws IOException {
        WriteOptions options = WriteOptions.DEFAULT.withSource(scan.provenance());
        LabelMaps.write(result.labels(), artefacts.labels(), options);
        if (artefacts.preview() != null) {
            Preview.write(scan.volume(), result.labels(), PreviewOptions.DEFAULT, artefacts.preview());
        }
    }
}
