// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.pipeline;

import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.spi.Network;
import org.efficientsegnet.spi.NetworkPass;
import org.efficientsegnet.spi.PlacedScan;
import org.efficientsegnet.volume.Layout;
import org.efficientsegnet.volume.Volume;

/** A scan that stays where it is, in its own array; for engines that take an array and give one back. */
public final class ArrayScan implements PlacedScan {

    private final Volume volume;
    private final Parallelism parallelism;
    private final FloatArrays arrays;
    private final byte[] labels;

    /**
     * @param volume the scan, whose values are finite
     * @param parallelism the threads of every step but the networks'
     * @param arrays where logits lie
     */
    public ArrayScan(Volume volume, Parallelism parallelism, FloatArrays arrays) {
        this.volume = volume;
        this.parallelism = parallelism;
        this.arrays = arrays;
        this.labels = new byte[volume.shape().arrayLength()];
    }

    @Override
    public NetworkPass pass(Network network, Layout part) {
        return new ArrayPass(volume, part, network, labels, parallelism, arrays);
    }

    @Override
    public byte[] labels() {
        return labels;
    }

    @Override
    public void close() {}
}
