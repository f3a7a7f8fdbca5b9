// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.metaimage;

import java.nio.file.Path;
import java.util.List;
import org.efficientsegnet.io.format.Provenance;

/**
 * A volume came from MetaImage.
 *
 * @param path what was read
 * @param files the file, or header and data
 */
public record MetaImageSource(Path path, List<Path> files) implements Provenance {

    /** Copies the list. */
    public MetaImageSource {
        files = List.copyOf(files);
    }

    @Override
    public String format() {
        return "MetaImage";
    }
}
