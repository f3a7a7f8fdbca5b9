// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.format;

import java.util.List;
import java.util.Objects;
import org.efficientsegnet.volume.Volume;

/**
 * A volume as it was read, where it came from, and what the reader noticed.
 *
 * @param volume the volume
 * @param provenance where it came from; give it to {@link WriteOptions#withSource} when its label map is written
 * @param warnings what the reader had to assume or to repair, a sentence each
 */
public record Scan(Volume volume, Provenance provenance, List<String> warnings) {

    /** Copies the list. */
    public Scan {
        Objects.requireNonNull(volume, "volume");
        Objects.requireNonNull(provenance, "provenance");
        warnings = List.copyOf(warnings);
    }
}
