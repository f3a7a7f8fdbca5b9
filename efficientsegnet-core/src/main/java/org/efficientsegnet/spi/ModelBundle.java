// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.spi;

import java.util.List;

/** A pair of networks and what surrounds them; checked against its checksums when it was read. Immutable. */
public interface ModelBundle {

    /** Which model this is. */
    ModelIdentity identity();

    /** What surrounds the networks. */
    PipelineSpec pipeline();

    /** The network that finds the region in the whole volume. */
    NetworkModel coarse();

    /** The network that segments the region. */
    NetworkModel fine();

    /** What a user should know before trusting its results here, input sizes that it was not trained at for instance. */
    default List<String> remarks() {
        return List.of();
    }
}
