// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.bundle;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Map;
import java.util.TreeMap;
import org.efficientsegnet.files.Sha256;
import org.efficientsegnet.nn.weights.Tensor;
import org.efficientsegnet.nn.weights.Weights;

/** SHA-256 over weights. */
final class WeightsDigest {

    private static final int CHUNK = 1 << 16;

    private WeightsDigest() {}

    /** What a value becomes. */
    @FunctionalInterface
    interface Rounding {
        float apply(float value);
    }

    /**
     * The sum over weights, whatever file holds them: tensor after tensor in the order of their names; of each its name
     * in UTF-8 with a zero byte, the number of its axes and its extents as 32-bit integers, and its values as 32-bit
     * floats, all little-endian.
     */
    static byte[] of(Weights weights) {
        return of(weights, value -> value);
    }

    /** As {@link #of(Weights)}, of each value what it becomes when it is stored. */
    static byte[] of(Weights weights, Rounding rounding) {
        MessageDigest digest = Sha256.digest();
        ByteBuffer buffer = ByteBuffer.allocate(CHUNK).order(ByteOrder.LITTLE_ENDIAN);
        for (Map.Entry<String, Tensor> entry : new TreeMap<>(weights.tensors()).entrySet()) {
            int[] shape = entry.getValue().shape();
            digest.update(entry.getKey().getBytes(StandardCharsets.UTF_8));
            digest.update((byte) 0);
            ByteBuffer extents = ByteBuffer.allocate(4 + 4 * shape.length)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putInt(shape.length);
            for (int extent : shape) {
                extents.putInt(extent);
            }
            digest.update(extents.array());
            float[] values = entry.getValue().values();
            for (int at = 0; at < values.length; at += CHUNK / Float.BYTES) {
                int count = Math.min(CHUNK / Float.BYTES, values.length - at);
                for (int i = 0; i < count; i++) {
                    buffer.putFloat(Float.BYTES * i, rounding.apply(values[at + i]));
                }
                digest.update(buffer.array(), 0, count * Float.BYTES);
            }
        }
        return digest.digest();
    }
}
