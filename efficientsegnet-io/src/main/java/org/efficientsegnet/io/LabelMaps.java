// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.efficientsegnet.io.dicom.DicomSegFormat;
import org.efficientsegnet.io.format.FileProbe;
import org.efficientsegnet.io.format.LabelFormat;
import org.efficientsegnet.io.format.ReadOptions;
import org.efficientsegnet.io.format.UnsupportedFormatException;
import org.efficientsegnet.io.format.WriteOptions;
import org.efficientsegnet.io.metaimage.MetaImageFormat;
import org.efficientsegnet.io.nifti.NiftiFormat;
import org.efficientsegnet.io.nrrd.NrrdFormat;
import org.efficientsegnet.volume.LabelMap;

/**
 * Writes and reads label maps. The file's ending chooses the format to write; reading recognises it by content.
 *
 * <p>Thread-safe.
 */
public final class LabelMaps {

    private static final List<LabelFormat> FORMATS =
            List.of(NiftiFormat.INSTANCE, NrrdFormat.INSTANCE, MetaImageFormat.INSTANCE, DicomSegFormat.INSTANCE);

    private LabelMaps() {}

    /**
     * Writes a label map with the default options.
     *
     * @param path its ending chooses the format; its directory must exist
     * @throws UnsupportedFormatException if no format has that ending
     * @throws IOException if it cannot be written; then there is no file, or the earlier one
     */
    public static void write(LabelMap labels, Path path) throws IOException {
        write(labels, path, WriteOptions.DEFAULT);
    }

    /**
     * Writes a label map.
     *
     * @param path its ending chooses the format; its directory must exist
     * @throws UnsupportedFormatException if no format has that ending
     * @throws IOException if it cannot be written; then there is no file, or the earlier one
     */
    public static void write(LabelMap labels, Path path, WriteOptions options) throws IOException {
        FormatChoice.choose(path, FORMATS, LabelFormat::endings).writeLabels(labels, path, options);
    }

    /** The file endings under which label maps are written, in lower case with their dot. */
    public static List<String> endings() {
        return FORMATS.stream().flatMap(f -> f.endings().stream()).toList();
    }

    /**
     * Reads a label map with the default limits.
     *
     * @throws org.efficientsegnet.io.format.FormatException if the content is bad, too large, not supported or no label
     *     map
     * @throws IOException if it cannot be read
     */
    public static LabelMap read(Path path) throws IOException {
        return read(path, ReadOptions.DEFAULT);
    }

    /**
     * Reads a label map.
     *
     * @throws org.efficientsegnet.io.format.FormatException if the content is bad, too large, not supported or no label
     *     map
     * @throws IOException if it cannot be read
     */
    public static LabelMap read(Path path, ReadOptions options) throws IOException {
        FileProbe probe = FileProbe.of(path);
        for (LabelFormat format : FORMATS) {
            if (format.recognises(probe)) {
                return format.readLabels(path, options);
            }
        }
        throw new UnsupportedFormatException(
                path,
                "format",
                probe.isEmpty() ? "an empty file" : "content that is none of the known formats of label maps",
                "Known are: "
                        + String.join(
                                ", ", FORMATS.stream().map(LabelFormat::name).toList())
                        + ".");
    }
}
