// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.List;
import org.efficientsegnet.io.dicom.DicomFormat;
import org.efficientsegnet.io.format.FileProbe;
import org.efficientsegnet.io.format.ReadOptions;
import org.efficientsegnet.io.format.Scan;
import org.efficientsegnet.io.format.UnsupportedFormatException;
import org.efficientsegnet.io.format.VolumeFormat;
import org.efficientsegnet.io.format.VolumeOutput;
import org.efficientsegnet.io.format.WriteOptions;
import org.efficientsegnet.io.metaimage.MetaImageFormat;
import org.efficientsegnet.io.nifti.NiftiFormat;
import org.efficientsegnet.io.nrrd.NrrdFormat;
import org.efficientsegnet.volume.Volume;

/**
 * Reads scans and writes volumes. The format to read is recognised by content, never by the file's name; the one to
 * write is chosen by it.
 *
 * <pre>{@code
 * Volume ct = Volumes.read(Path.of("ct.nii.gz"));
 * }</pre>
 *
 * <p>Thread-safe.
 */
public final class Volumes {

    private static final Logger LOG = System.getLogger(Volumes.class.getName());

    private static final List<VolumeFormat> FORMATS =
            List.of(NiftiFormat.INSTANCE, NrrdFormat.INSTANCE, MetaImageFormat.INSTANCE, DicomFormat.INSTANCE);

    private static final List<VolumeOutput> OUTPUTS =
            List.of(NiftiFormat.INSTANCE, NrrdFormat.INSTANCE, MetaImageFormat.INSTANCE);

    private Volumes() {}

    /**
     * Reads a scan with the default limits.
     *
     * @param path a file, or a folder with a DICOM series
     * @throws org.efficientsegnet.io.format.FormatException if the content is bad, too large, or not supported
     * @throws IOException if it cannot be read
     */
    public static Volume read(Path path) throws IOException {
        return open(path, ReadOptions.DEFAULT).volume();
    }

    /**
     * Reads a scan.
     *
     * @param path a file, or a folder with a DICOM series
     * @throws org.efficientsegnet.io.format.FormatException if the content is bad, too large, or not supported
     * @throws IOException if it cannot be read
     */
    public static Volume read(Path path, ReadOptions options) throws IOException {
        return open(path, options).volume();
    }

    /**
     * Reads a scan together with where it came from, which a label map's writer can use, and what the reader noticed. That
     * is logged too, as information.
     *
     * @param path a file, or a folder with a DICOM series
     * @throws org.efficientsegnet.io.format.FormatException if the content is bad, too large, or not supported
     * @throws IOException if it cannot be read
     */
    public static Scan open(Path path, ReadOptions options) throws IOException {
        Scan scan = recognise(path).read(path, options);
        scan.warnings().forEach(remark -> LOG.log(Level.INFO, path + ": " + remark));
        return scan;
    }

    /**
     * Which format a file or folder is of.
     *
     * @throws UnsupportedFormatException if it is none that is read here
     * @throws IOException if it cannot be read
     */
    public static VolumeFormat recognise(Path path) throws IOException {
        FileProbe probe = FileProbe.of(path);
        for (VolumeFormat format : FORMATS) {
            if (format.recognises(probe)) {
                return format;
            }
        }
        throw new UnsupportedFormatException(
                path,
                "format",
                probe.isDirectory()
                        ? "a folder in which no scan was recognised"
                        : probe.isEmpty() ? "an empty file" : "content that is none of the known formats",
                "Known are: "
                        + String.join(
                                ", ", FORMATS.stream().map(VolumeFormat::name).toList()) + ".");
    }

    /**
     * Writes a volume.
     *
     * @param path its ending chooses the format; its directory must exist
     * @throws UnsupportedFormatException if no format has that ending
     * @throws IOException if it cannot be written; then there is no file, or the earlier one
     */
    public static void write(Volume volume, Path path, WriteOptions options) throws IOException {
        FormatChoice.choose(path, OUTPUTS, VolumeOutput::endings).writeVolume(volume, path, options);
    }
}
