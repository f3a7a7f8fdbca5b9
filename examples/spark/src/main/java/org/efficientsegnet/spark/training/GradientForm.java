// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.spark.training;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.ShortBuffer;
import org.efficientsegnet.nn.weights.HalfPrecision;

/** How gradients travel from executors to the driver. */
enum GradientForm {
    /** As they are. */
    FLOAT32(Float.BYTES, "") {
        @Override
        void put(float[] gradient, ByteBuffer packed) {
            packed.asFloatBuffer().put(gradient);
        }

        @Override
        void get(ByteBuffer packed, float[] gradient) {
            FloatBuffer values = packed.asFloatBuffer();
            values.get(gradient);
        }
    },

    /**
     * Rounded to 8 significant bits, to nearest even, with the range of 32-bit numbers: nothing small is lost, and what is
     * not finite stays so.
     */
    BFLOAT16(Short.BYTES, "rounded to bfloat16") {
        @Override
        void put(float[] gradient, ByteBuffer packed) {
            ShortBuffer values = packed.asShortBuffer();
            for (float value : gradient) {
                values.put(HalfPrecision.floatToBfloat16(value));
            }
        }

        @Override
        void get(ByteBuffer packed, float[] gradient) {
            ShortBuffer values = packed.asShortBuffer();
            for (int i = 0; i < gradient.length; i++) {
                gradient[i] = HalfPrecision.bfloat16ToFloat(values.get());
            }
        }
    };

    private final int bytes;
    private final String rounding;

    GradientForm(int bytes, String rounding) {
        this.bytes = bytes;
        this.rounding = rounding;
    }

    abstract void put(float[] gradient, ByteBuffer packed);

    abstract void get(ByteBuffer packed, float[] gradient);

    /** The form of so many bits a number, 32 or 16. */
    static GradientForm ofBits(int bits) {
        return switch (bits) {
            case 32 -> FLOAT32;
            case 16 -> BFLOAT16;
            default -> throw new IllegalArgumentException("gradients travel in 32 or 16 bits, not in " + bits);
        };
    }

    /** How it rounds, in words; empty if it does not. */
    String rounding() {
        return rounding;
    }

    /** The size of so many numbers. */
    long bytes(int count) {
        return (long) bytes * count;
    }

    byte[] pack(float[] gradient) {
        byte[] packed = new byte[Math.toIntExact(bytes(gradient.length))];
        put(gradient, ByteBuffer.wrap(packed).order(ByteOrder.LITTLE_ENDIAN));
        return packed;
    }

    /** @param gradient receives all of the numbers */
    void unpack(byte[] packed, float[] gradient) {
        if (packed.length != bytes(gradient.length)) {
            throw new IllegalArgumentException(
                    "a gradient of " + gradient.length + " numbers came in " + packed.length + " bytes");
        }
        get(ByteBuffer.wrap(packed).order(ByteOrder.LITTLE_ENDIAN), gradient);
    }
}
