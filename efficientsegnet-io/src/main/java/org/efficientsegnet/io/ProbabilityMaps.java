// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import org.efficientsegnet.io.format.UnsupportedFormatException;
import org.efficientsegnet.io.format.WriteOptions;
import org.efficientsegnet.io.nifti.NiftiWriter;
import org.efficientsegnet.volume.ProbabilityMap;

/**
 * Writes probability maps as NIfTI: 8 bits with a slope of 1/255, marked as an estimate, the organ's name in the header.
 * {@link Volumes} reads them as volumes of probabilities. Thread-safe.
 */
public final class ProbabilityMaps {

    private ProbabilityMaps() {}

    /**
     * Writes a map; the file appears whole or not at all.
     *
     * @param path ends in {@code .nii.gz} or {@code .nii}; its directory must exist
     * @throws UnsupportedFormatException if it ends otherwise
     * @throws IOException if it cannot be written
     */
    public static void write(ProbabilityMap map, Path path, WriteOptions options) throws IOException {
        String name = path.getFileName().toString().toLowerCase(Locale.ROOT);
        if (!name.endsWith(".nii.gz") && !name.endsWith(".nii")) {
            throw new UnsupportedFormatException(
                    path, "format", "no format of probability maps", "They are written as .nii.gz and .nii.");
        }
        NiftiWriter.write(map, path, options);
    }
}
