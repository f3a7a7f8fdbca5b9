// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.cuda;

import java.util.List;
import org.efficientsegnet.nn.plan.Closing;
import org.efficientsegnet.nn.plan.RunPool;

/** The memory of a device that one scan at a time uses beside the networks' weights. Closed by the network's pool. */
final class ScanMemory implements RunPool.Resource {

    private final Device device;
    private final Staging staging;
    private final GrowingMemory voxels;
    private final GrowingMemory labels;
    private final GrowingMemory networks;
    private final GrowingMemory masks;
    private final GrowingMemory tables;
    private final GrowingMemory reductions;

    /** @param device closed with it */
    ScanMemory(Device device) {
        this.device = device;
        staging = new Staging(device);
        voxels = new GrowingMemory(device);
        labels = new GrowingMemory(device);
        networks = new GrowingMemory(device);
        masks = new GrowingMemory(device);
        tables = new GrowingMemory(device);
        reductions = new GrowingMemory(device);
    }

    Device device() {
        return device;
    }

    /** The way between arrays and the device. */
    Staging staging() {
        return staging;
    }

    /** The scan as it is stored. */
    GrowingMemory voxels() {
        return voxels;
    }

    /** The label map. */
    GrowingMemory labels() {
        return labels;
    }

    /** What networks work in, one after the other. */
    GrowingMemory networks() {
        return networks;
    }

    /** Masks and what finding their components needs, if they do not fit into a network's memory. */
    GrowingMemory masks() {
        return masks;
    }

    /** Interpolation tables of three axes. */
    GrowingMemory tables() {
        return tables;
    }

    /** What sums over many values are added up in. */
    GrowingMemory reductions() {
        return reductions;
    }

    /** All but the small block of pinned memory: to free it the driver waits for whatever runs on the device. */
    @Override
    public void release() {
        Closing.all(List.of(
                voxels::release,
                labels::release,
                networks::release,
                masks::release,
                tables::release,
                reductions::release));
    }

    @Override
    public void close() {
        Closing.all(List.of(this::release, staging::close, device::close));
    }
}
