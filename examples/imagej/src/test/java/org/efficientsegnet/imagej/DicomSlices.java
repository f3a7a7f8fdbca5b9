// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.imagej;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** A CT series as DICOM files, explicit little endian, with what ImageJ and the library need. */
final class DicomSlices {

    private static final String CT = "1.2.840.10008.5.1.4.1.1.2";
    private static final String EXPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2.1";

    private DicomSlices() {}

    /**
     * Writes a series.
     *
     * @param orientation Image Orientation (Patient)
     * @param positions Image Position (Patient), one a slice
     * @param rows extent
     * @param columns extent
     * @param spacing of rows and columns, mm
     * @param pixels stored values, unsigned, slice after slice; HU are 1024 less
     */
    static void write(
            Path folder,
            String orientation,
            double[][] positions,
            int rows,
            int columns,
            String spacing,
            short[] pixels)
            throws IOException {
        for (int i = 0; i < positions.length; i++) {
            Elements file = new Elements();
            file.put(2, 2, "UI", CT);
            file.put(2, 3, "UI", "1.2.3.4." + (i + 1));
            file.put(2, 0x10, "UI", EXPLICIT_LITTLE_ENDIAN);
            Elements data = new Elements();
            data.put(8, 0x16, "UI", CT);
            data.put(8, 0x18, "UI", "1.2.3.4." + (i + 1));
            data.put(8, 0x60, "CS", "CT");
            data.put(0x10, 0x10, "PN", "Nobody");
            data.put(0x18, 0x50, "DS", "9");
            data.put(0x20, 0xd, "UI", "1.2.3");
            data.put(0x20, 0xe, "UI", "1.2.3.4");
            data.put(0x20, 0x13, "IS", String.valueOf(i + 1));
            data.put(0x20, 0x32, "DS", positions[i][0] + "\\" + positions[i][1] + "\\" + positions[i][2]);
            data.put(0x20, 0x37, "DS", orientation);
            data.put(0x20, 0x52, "UI", "1.2.3.5");
            data.put(0x28, 2, "US", 1);
            data.put(0x28, 4, "CS", "MONOCHROME2");
            data.put(0x28, 0x10, "US", rows);
            data.put(0x28, 0x11, "US", columns);
            data.put(0x28, 0x30, "DS", spacing);
            data.put(0x28, 0x100, "US", 16);
            data.put(0x28, 0x101, "US", 16);
            data.put(0x28, 0x102, "US", 15);
            data.put(0x28, 0x103, "US", 0);
            data.put(0x28, 0x1052, "DS", "-1024");
            data.put(0x28, 0x1053, "DS", "1");
            ByteBuffer bytes = ByteBuffer.allocate(2 * rows * columns).order(ByteOrder.LITTLE_ENDIAN);
            bytes.asShortBuffer().put(pixels, i * rows * columns, rows * columns);
            data.put(0x7fe0, 0x10, "OW", bytes.array());
            byte[] meta = file.bytes.toByteArray();
            Elements head = new Elements();
            head.put(
                    2,
                    0,
                    "UL",
                    ByteBuffer.allocate(4)
                            .order(ByteOrder.LITTLE_ENDIAN)
                            .putInt(meta.length)
                            .array());
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            all.writeBytes(new byte[128]);
            all.writeBytes("DICM".getBytes(StandardCharsets.US_ASCII));
            all.writeBytes(head.bytes.toByteArray());
            all.writeBytes(meta);
            all.writeBytes(data.bytes.toByteArray());
            Files.write(folder.resolve(String.format("slice%03d.dcm", i + 1)), all.toByteArray());
        }
    }

    private static final class Elements {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

        void put(int group, int element, String vr, String text) {
            String even = text.length() % 2 == 0 ? text : text + (vr.equals("UI") ? "\0" : " ");
            put(group, element, vr, even.getBytes(StandardCharsets.US_ASCII));
        }

        void put(int group, int element, String vr, int value) {
            put(
                    group,
                    element,
                    vr,
                    ByteBuffer.allocate(2)
                            .order(ByteOrder.LITTLE_ENDIAN)
                            .putShort((short) value)
                            .array());
        }

        void put(int group, int element, String vr, byte[] value) {
            boolean wide = vr.equals("OW");
            ByteBuffer head = ByteBuffer.allocate(wide ? 12 : 8).order(ByteOrder.LITTLE_ENDIAN);
            head.putShort((short) group).putShort((short) element).put(vr.getBytes(StandardCharsets.US_ASCII));
            if (wide) {
                head.putShort((short) 0).putInt(value.length);
            } else {
                head.putShort((short) value.length);
            }
            bytes.writeBytes(head.array());
            bytes.writeBytes(value);
        }
    }
}
