// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.nifti;

import java.nio.file.Path;
import java.util.List;
import org.efficientsegnet.io.format.Provenance;
import org.efficientsegnet.volume.Geometry;

/**
 * A volume came from NIfTI. A label map on the same grid that is written with this as its source gets the same qform,
 * sform, spacing and units, bit for bit.
 *
 * @param path what was read
 * @param files the file, or header and data of a pair
 * @param header the header's fields
 * @param geometry what they mean
 */
public record NiftiSource(Path path, List<Path> files, NiftiHeader header, Geometry geometry) implements Provenance {

    /** Copies the list. */
    public NiftiSource {
        files = List.copyOf(files);
    }

    @Override
    public String format() {
        return header.version().toString();
    }
}
