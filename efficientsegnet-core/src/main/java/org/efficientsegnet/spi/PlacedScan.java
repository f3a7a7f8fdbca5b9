// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.spi;

import org.efficientsegnet.volume.Layout;

/**
 * A scan where the networks run, and the label map that becomes of it: the seam between the pipeline, which says what is
 * done in which order, and whoever does it. The pipeline's own implementation works on Java arrays and serves every
 * engine; an engine whose networks run elsewhere brings its own ({@link Network#place}), so that the scan and the label
 * map cross over once and what lies between them never does.
 *
 * <p>For one run, one thread at a time. Whoever placed a scan closes it, after its passes; it lets go of the memory.
 */
public interface PlacedScan extends AutoCloseable {

    /**
     * Begins the way of a part of the scan through a network.
     *
     * @param network one of the networks of the engine and options that the scan was placed for
     * @param part which voxels of the scan, and how their axes lie to the network
     * @return the pass, which the caller closes before the next begins
     */
    NetworkPass pass(Network network, Layout part);

    /**
     * What the passes have painted.
     *
     * @return a label a voxel, on the scan's own grid, 0 where nothing was painted
     */
    byte[] labels();

    @Override
    void close();
}
