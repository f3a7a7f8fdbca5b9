// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.volume;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class VoxelsTest {

    static List<Arguments> types() {
        byte[] bytes = {0, 1, 127, -128, -1};
        short[] shorts = {0, 1, 32767, -32768, -1};
        int[] ints = {0, 1, 1 << 30, Integer.MIN_VALUE, -1};
        return List.of(
                Arguments.of(new Voxels.Bytes(bytes, false), "int8", 1, new float[] {0, 1, 127, -128, -1}),
                Arguments.of(new Voxels.Bytes(bytes, true), "uint8", 1, new float[] {0, 1, 127, 128, 255}),
                Arguments.of(new Voxels.Shorts(shorts, false), "int16", 2, new float[] {0, 1, 32767, -32768, -1}),
                Arguments.of(new Voxels.Shorts(shorts, true), "uint16", 2, new float[] {0, 1, 32767, 32768, 65535}),
                Arguments.of(new Voxels.Ints(ints, false), "int32", 4, new float[] {0, 1, 0x1p30f, -0x1p31f, -1}),
                Arguments.of(new Voxels.Ints(ints, true), "uint32", 4, new float[] {0, 1, 0x1p30f, 0x1p31f, 0x1p32f}),
                Arguments.of(new Voxels.Floats(new float[] {0, 1, 0.5f, -3e38f, 7}), "float32", 4, new float[] {
                    0, 1, 0.5f, -3e38f, 7
                }));
    }

    @ParameterizedTest
    @MethodSource("types")
    void valuesAreWhatTheTypeMeans(Voxels voxels, String name, int bytes, float[] expected) {
        assertEquals(name, voxels.typeName());
        assertEquals(bytes, voxels.bytesPerVoxel());
        assertEquals(5, voxels.length());
        for (int i = 0; i < 5; i++) {
            assertEquals(expected[i], voxels.get(i));
        }
        float[] row = new float[7];
        voxels.copyTo(0, 1, row, 1, 5);
        assertArrayEquals(new float[] {0, expected[0], expected[1], expected[2], expected[3], expected[4], 0}, row);
        voxels.copyTo(4, -2, row, 0, 3);
        assertArrayEquals(
                new float[] {expected[4], expected[2], expected[0], expected[2], expected[3], expected[4], 0}, row);
        voxels.copyTo(3, 1, row, 0, 0);
        assertEquals(expected[4], row[0]);
    }
}
