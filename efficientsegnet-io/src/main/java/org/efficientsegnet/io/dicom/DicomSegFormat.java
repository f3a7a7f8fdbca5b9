// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.efficientsegnet.io.dicom.dataset.DicomReader;
import org.efficientsegnet.io.dicom.dataset.Source;
import org.efficientsegnet.io.format.FileProbe;
import org.efficientsegnet.io.format.FormatException;
import org.efficientsegnet.io.format.LabelFormat;
import org.efficientsegnet.io.format.ReadLimits;
import org.efficientsegnet.io.format.ReadOptions;
import org.efficientsegnet.io.format.WriteOptions;
import org.efficientsegnet.volume.LabelMap;

/** DICOM SEG among the formats of label maps; {@link DicomSeg} offers more. */
public final class DicomSegFormat implements LabelFormat {

    /** The only one; it has no state. */
    public static final DicomSegFormat INSTANCE = new DicomSegFormat();

    private DicomSegFormat() {}

    @Override
    public String name() {
        return "DICOM SEG";
    }

    @Override
    public List<String> endings() {
        return List.of(".dcm");
    }

    /** By the kind of object in the file meta information. */
    @Override
    public boolean recognises(FileProbe probe) {
        if (probe.isGzip() || !DicomReader.hasMark(probe.head())) {
            return false;
        }
        try {
            return DicomReader.readMeta(Source.of(probe.path(), probe.head()), ReadLimits.DEFAULT)
                    .sopClass()
                    .equals(DicomSeg.SOP_CLASS);
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * @throws IllegalArgumentException if the options name no DICOM series as the source, or the label map is not on its
     *     grid
     */
    @Override
    public void writeLabels(LabelMap labels, Path path, WriteOptions options) throws IOException {
        if (options.source().orElse(null) instanceof DicomSeries series) {
            DicomSeg.write(labels, series, path, DicomSeg.Options.DEFAULT);
        } else {
            throw new IllegalArgumentException("a DICOM SEG refers to the slices that were segmented; give the DICOM"
                    + " series to WriteOptions.withSource, or write another format than .dcm");
        }
    }

    /** @throws FormatException if it is no BINARY segmentation, damaged, or its segments overlap */
    @Override
    public LabelMap readLabels(Path path, ReadOptions options) throws IOException {
        return DicomSeg.read(path, options);
    }
}
