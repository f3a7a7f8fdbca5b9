// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.cuda;

import org.efficientsegnet.cuda.binding.CudaLibrary;
import org.efficientsegnet.nn.plan.RunPool;
import org.efficientsegnet.spi.Network;
import org.efficientsegnet.spi.NetworkPass;
import org.efficientsegnet.spi.PlacedScan;
import org.efficientsegnet.volume.Layout;
import org.efficientsegnet.volume.Volume;
import org.efficientsegnet.volume.Voxels;

/** A scan in a device's memory, in its own voxel type, with its label map beside it. */
final class CudaScan implements PlacedScan {

    private final Volume volume;
    private final RunPool<ScanMemory> pool;
    private final ScanMemory memory;
    private final long voxels;
    private final long labels;
    private boolean closed;

    /**
     * Uploads a scan.
     *
     * @param pool gives the memory and gets it back when the scan is closed
     */
    CudaScan(Volume volume, RunPool<ScanMemory> pool) {
        this.volume = volume;
        this.pool = pool;
        this.memory = pool.take();
        try {
            int n = volume.voxels().length();
            voxels = memory.voxels().of((long) n * volume.voxels().bytesPerVoxel());
            labels = memory.labels().of(n);
            memory.staging().send(volume.voxels(), voxels);
            Device.check(CudaLibrary.esn_clear(memory.device().context(), labels, n));
            memory.device().synchronize();
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    @Override
    public NetworkPass pass(Network network, Layout part) {
        if (!(network instanceof CudaNetwork on)
                || on.deviceIndex() != memory.device().index()) {
            throw new IllegalArgumentException(
                    "the scan lies on another device than the network " + network.describe());
        }
        return on.pass(this, part);
    }

    Volume volume() {
        return volume;
    }

    ScanMemory memory() {
        return memory;
    }

    /** Where the stored voxels lie. */
    long voxelsAddress() {
        return voxels;
    }

    /** Where the label map lies. */
    long labelsAddress() {
        return labels;
    }

    /** The library's number of the voxels' type. */
    int type() {
        Voxels stored = volume.voxels();
        if (stored instanceof Voxels.Bytes bytes) {
            return bytes.unsigned() ? 1 : 0;
        } else if (stored instanceof Voxels.Shorts shorts) {
            return shorts.unsigned() ? 3 : 2;
        } else if (stored instanceof Voxels.Ints ints) {
            return ints.unsigned() ? 5 : 4;
        }
        return 6;
    }

    @Override
    public byte[] labels() {
        byte[] fetched = new byte[volume.voxels().length()];
        memory.staging().fetch(labels, fetched);
        return fetched;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            pool.giveBack(memory);
        }
    }
}
