// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.raster;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.efficientsegnet.volume.Voxels;

/** Writes voxels as raw little-endian bytes of their own type. */
public final class RasterWriter {

    private static final int CHUNK = 1 << 16;

    private RasterWriter() {}

    /** Writes all of them; {@link ElementType#of} says as what. */
    public static void write(Voxels voxels, OutputStream out) throws IOException {
        if (voxels instanceof Voxels.Bytes b) {
            out.write(b.values());
            return;
        }
        int size = voxels.bytesPerVoxel();
        byte[] chunk = new byte[CHUNK];
        ByteBuffer buffer = ByteBuffer.wrap(chunk).order(ByteOrder.LITTLE_ENDIAN);
        for (int at = 0; at < voxels.length(); ) {
            int n = Math.min(CHUNK / size, voxels.length() - at);
            if (voxels instanceof Voxels.Shorts s) {
                buffer.asShortBuffer().put(s.values(), at, n);
            } else if (voxels instanceof Voxels.Ints i) {
                buffer.asIntBuffer().put(i.values(), at, n);
            } else if (voxels instanceof Voxels.Floats f) {
                buffer.asFloatBuffer().put(f.values(), at, n);
            }
            out.write(chunk, 0, n * size);
            at += n;
        }
    }
}
