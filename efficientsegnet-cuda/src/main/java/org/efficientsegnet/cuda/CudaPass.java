// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.cuda;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Optional;
import org.efficientsegnet.cuda.binding.CudaLibrary;
import org.efficientsegnet.nn.plan.RunPool;
import org.efficientsegnet.postprocess.LogitRestorer;
import org.efficientsegnet.preprocess.Intensities;
import org.efficientsegnet.spi.NetworkPass;
import org.efficientsegnet.spi.RunControl;
import org.efficientsegnet.volume.Box;
import org.efficientsegnet.volume.Layout;
import org.efficientsegnet.volume.Shape;

/**
 * A pass that stays on the device from the scan's voxels to the painted label map; what comes back in between are a few
 * numbers. The network's program belongs to the pass until it is closed, since its working memory holds the input,
 * then the logits, and beside these the masks and the work on their components, where that fits.
 */
final class CudaPass implements NetworkPass {

    private static final long TABLE_ENTRY_BYTES = 8;
    private static final long MOMENTS_BYTES = 2L * Double.BYTES;
    private static final int DISTRIBUTION_BYTES = 2 * Float.BYTES + 2 * Integer.BYTES;

    /** A label and a size, four bytes each. */
    private static final long TREE_BYTES = 2L * Integer.BYTES;

    private static final long KEEPING_BYTES = 32;

    private final String name;
    private final CudaScan scan;
    private final Layout part;
    private final Shape size;
    private final RunPool<Program> pool;
    private final Program program;
    private final Device device;
    private final ScanMemory memory;

    private long masks;
    private long trees;
    private Shape maskShape;
    private int classes;
    private Optional<Box> box = Optional.empty();
    private boolean closed;

    /**
     * @param name of the network
     * @param size its input's extent
     * @param pool gives its program and gets it back when the pass is closed
     */
    CudaPass(String name, CudaScan scan, Layout part, Shape size, RunPool<Program> pool) {
        this.name = name;
        this.scan = scan;
        this.part = part;
        this.size = size;
        this.pool = pool;
        this.memory = scan.memory();
        this.program = pool.take();
        this.device = program.device();
        try {
            program.occupy(memory.networks());
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    private static int[] extents(Shape shape) {
        return new int[] {shape.z(), shape.y(), shape.x()};
    }

    private static long[] strides(Shape shape) {
        return new long[] {(long) shape.y() * shape.x(), shape.x(), 1};
    }

    /** How the samples of three axes lie between those of three others. */
    private long[] tables(int[] from, int[] to) {
        long at = memory.tables().of(TABLE_ENTRY_BYTES * ((long) to[0] + to[1] + to[2]));
        long[] tables = new long[3];
        for (int axis = 0; axis < 3; axis++) {
            tables[axis] = at;
            Device.check(CudaLibrary.esn_axis_table(device.context(), from[axis], to[axis], at));
            at += TABLE_ENTRY_BYTES * to[axis];
        }
        return tables;
    }

    @Override
    public void resample() {
        int[] from = extents(part.shape());
        int[] to = extents(size);
        Device.check(CudaLibrary.esn_resample(
                device.context(),
                scan.type(),
                scan.voxelsAddress(),
                part.offset(),
                new long[] {part.strideZ(), part.strideY(), part.strideX()},
                tables(from, to),
                program.input(),
                new int[] {from[0], from[1], from[2], to[0], to[1], to[2]},
                strides(size),
                (float) scan.volume().slope(),
                (float) scan.volume().intercept()));
        device.synchronize();
    }

    @Override
    public Intensities intensities() {
        long n = size.voxels();
        long workspace = CudaLibrary.esn_reduction_workspace(n);
        long at = memory.reductions().of(workspace + DISTRIBUTION_BYTES);
        Device.check(CudaLibrary.esn_distribution(
                device.context(),
                program.input(),
                n,
                Intensities.AIR_BELOW,
                Intensities.TISSUE_BEYOND,
                at,
                at + workspace));
        ByteBuffer found = fetch(at + workspace, DISTRIBUTION_BYTES);
        return new Intensities(
                found.getFloat(), found.getFloat(), (double) found.getInt() / n, (double) found.getInt() / n);
    }

    @Override
    public void normalize(float low, float high, double epsilon) {
        long n = size.voxels();
        long workspace = CudaLibrary.esn_reduction_workspace(n);
        long at = memory.reductions().of(workspace + MOMENTS_BYTES);
        Device.check(CudaLibrary.esn_moments(device.context(), program.input(), n, low, high, at, at + workspace));
        Device.check(
                CudaLibrary.esn_standardize(device.context(), program.input(), n, low, high, at + workspace, epsilon));
        device.synchronize();
    }

    @Override
    public void infer(RunControl control) {
        control.check(name);
        program.infer();
        control.check(name);
        control.progress(1);
    }

    @Override
    public void restore(int firstClass, int classes, double threshold, Shape to) {
        this.classes = classes;
        maskShape = to;
        List<Long> blocks = program.scratch(blockSizes(to)).orElseGet(() -> {
            long apart = memory.masks().of(blockBytes(to));
            return List.of(apart, apart + Scratch.aligned(blockSizes(to).get(0)));
        });
        trees = blocks.get(0);
        masks = blocks.get(1);
        Device.check(CudaLibrary.esn_restore(
                device.context(),
                program.logits(),
                extents(size),
                firstClass,
                classes,
                LogitRestorer.leastLogit(threshold),
                tables(extents(size), extents(to)),
                extents(to),
                masks));
        device.synchronize();
    }

    /** What masks of an extent need: the trees of their components, and a byte a voxel. */
    static List<Long> blockSizes(Shape masks) {
        return List.of(masks.voxels() * TREE_BYTES, masks.voxels());
    }

    /** How large both are in one piece of memory. */
    static long blockBytes(Shape masks) {
        return blockSizes(masks).stream().mapToLong(Scratch::aligned).sum();
    }

    @Override
    public void keepLargest(List<Integer> keep, double minVoxels) {
        box = Optional.empty();
        long sizes = trees + maskShape.voxels() * Integer.BYTES;
        long workspace = memory.reductions().of(KEEPING_BYTES);
        for (int bit = 0; bit < classes; bit++) {
            // How many are kept, then the corners of the box around them.
            int[] found = new int[7];
            Device.check(CudaLibrary.esn_keep_largest(
                    device.context(),
                    masks,
                    bit,
                    extents(maskShape),
                    keep.get(bit),
                    minVoxels,
                    trees,
                    sizes,
                    workspace,
                    found));
            if (found[0] > 0) {
                Box around = new Box(found[1], found[2], found[3], found[4], found[5], found[6]);
                box = Optional.of(box.map(around::union).orElse(around));
            }
        }
    }

    @Override
    public Optional<Box> box() {
        return box;
    }

    @Override
    public void paint(int firstLabel) {
        Device.check(CudaLibrary.esn_paint(
                device.context(),
                masks,
                classes,
                firstLabel,
                extents(maskShape),
                scan.labelsAddress(),
                part.offset(),
                new long[] {part.strideZ(), part.strideY(), part.strideX()}));
        device.synchronize();
    }

    private ByteBuffer fetch(long from, int bytes) {
        byte[] fetched = new byte[bytes];
        device.synchronize();
        memory.staging().fetch(from, fetched);
        return ByteBuffer.wrap(fetched).order(ByteOrder.nativeOrder());
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            pool.giveBack(program);
        }
    }
}
