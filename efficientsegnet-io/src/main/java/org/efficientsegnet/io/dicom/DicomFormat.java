// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom;

import java.io.IOException;
import java.nio.file.Path;
import org.efficientsegnet.io.dicom.dataset.DicomReader;
import org.efficientsegnet.io.format.FileProbe;
import org.efficientsegnet.io.format.ReadOptions;
import org.efficientsegnet.io.format.Scan;
import org.efficientsegnet.io.format.UnsupportedFormatException;
import org.efficientsegnet.io.format.VolumeFormat;

/** CT volumes from folders and zip archives of DICOM files, from media by their DICOMDIR, or from one enhanced image. */
public final class DicomFormat implements VolumeFormat {

    /** The only one; it has no state. */
    public static final DicomFormat INSTANCE = new DicomFormat();

    private DicomFormat() {}

    @Override
    public String name() {
        return "DICOM";
    }

    /**
     * Every folder and zip archive, whose content says more when it is read, and files with the mark of DICOM, a DICOMDIR
     * among them, or a bare data set.
     */
    @Override
    public boolean recognises(FileProbe probe) {
        return probe.isDirectory()
                || isArchive(probe)
                || !probe.isGzip() && (DicomReader.hasMark(probe.head()) || DicomReader.looksBare(probe.head()));
    }

    /** Whether something is a zip archive, which may hold DICOM files or anything else. */
    public static boolean isArchive(FileProbe probe) {
        return !probe.isGzip() && DicomZip.hasMark(probe.head());
    }

    @Override
    public Scan read(Path path, ReadOptions options) throws IOException {
        DicomSeries series = DicomSeries.choose(path, options);
        if (series.sliceCount() == 1 && series.isOneFile()) {
            throw new UnsupportedFormatException(
                    path, "file", "a single CT slice, one of a series", "Give the folder with all of its slices.");
        }
        return series.read(options);
    }
}
