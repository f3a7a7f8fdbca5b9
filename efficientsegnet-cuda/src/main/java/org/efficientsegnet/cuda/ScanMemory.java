// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.cuda;

import java.util.List;
import org.efficientsegnet.nn.plan.Endings;
import org.efficientsegnet.nn.plan.RunPool;

/** The memory of a device that one scan at a time uses beside the networks' weights. Closed by the network's pool. */
final class ScanMemory implements RunPool.Resource {

    private final Device device;
    private final Staging staging;
    private final Room voxels;
    private final Room labels;
    private final Room networks;
    private final Room masks;
    private final Room tables;
    private final Room reductions;

    /** @param device closed with it */
    ScanMemory(Device device) {
        this.device = device;
        staging = new Staging(device);
        voxels = new Room(device);
        labels = new Room(device);
        networks = new Room(device);
        masks = new Room(device);
        tables = new Room(device);
        reductions = new Room(device);
    }

    Device device() {
        return device;
    }

    /** The way between arrays and the device. */
    Staging staging() {
        return staging;
    }

    /** The scan as it is stored. */
    Room voxels() {
        return voxels;
    }

    /** The label map. */
    Room labels() {
        return labels;
    }

    /** What networks work in, one after the other. */
    Room networks() {
        return networks;
    }

    /** Masks and what finding their components needs, if they do not fit into a network's memory. */
    Room masks() {
        return masks;
    }

    /** Interpolation tables of three axes. */
    Room tables() {
        return tables;
    }

    /** What sums over many values are added up in. */
    Room reductions() {
        return reductions;
    }

    @Override
    public void release() {
        Endings.all(List.of(
                staging::close,
                voxels::release,
                labels::release,
                networks::release,
                masks::release,
                tables::release,
                reductions::release));
    }

    @Override
    public void close() {
        Endings.all(List.of(this::release, device::close));
    }
}
