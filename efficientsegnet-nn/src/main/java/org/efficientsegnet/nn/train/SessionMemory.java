package org.efficientsegnet.nn.train;

import java.util.HashMap;
import java.util.Map;
import org.nd4j.autodiff.samediff.internal.memory.ArrayCacheMemoryMgr;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.shape.LongShapeDescriptor;

/** Gives a session its arrays, keeps those that it gives back for later, and knows how much was in use at once. */
final class SessionMemory extends ArrayCacheMemoryMgr {

    /** Share of the memory that JavaCPP may take, which arrays that are kept may have. */
    private static final double CACHE_SHARE = 0.9;

    private static final long SMALL_ARRAY = 1024;
    private static final double LARGEST_MULTIPLE = 2;

    private final Map<Long, Long> inUse = new HashMap<>();
    private long bytes;
    private long mostBytes;

    SessionMemory() {
        super(CACHE_SHARE, SMALL_ARRAY, LARGEST_MULTIPLE);
    }

    @Override
    public INDArray allocate(boolean detached, DataType type, long... shape) {
        return counted(super.allocate(detached, type, shape));
    }

    @Override
    public INDArray allocate(boolean detached, LongShapeDescriptor descriptor) {
        return counted(super.allocate(detached, descriptor));
    }

    private INDArray counted(INDArray array) {
        long size = array.length() * array.dataType().width();
        if (inUse.put(array.getId(), size) == null) {
            bytes += size;
            mostBytes = Math.max(mostBytes, bytes);
        }
        return array;
    }

    @Override
    public void release(INDArray array) {
        Long size = inUse.remove(array.getId());
        if (size != null) {
            bytes -= size;
        }
        super.release(array);
    }

    /** The most bytes that were in use at once. */
    long mostBytes() {
        return mostBytes;
    }
}
