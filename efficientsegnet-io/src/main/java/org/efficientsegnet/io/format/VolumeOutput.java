// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.format;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.efficientsegnet.volume.Volume;

/** Writes volumes of one file format. Stateless and thread-safe. */
public interface VolumeOutput {

    /** The file endings that choose it, in lower case with their dot: {@code .nii.gz}. */
    List<String> endings();

    /**
     * Writes a volume in its own voxel type, with slope and intercept where the format has them; the file appears whole
     * or not at all.
     *
     * @param path ends in one of {@link #endings}
     * @throws IOException if it cannot be written
     * @throws IllegalArgumentException if the format cannot hold this volume, with the reason
     */
    void writeVolume(Volume volume, Path path, WriteOptions options) throws IOException;
}
