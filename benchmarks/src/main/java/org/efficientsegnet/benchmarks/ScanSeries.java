// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.benchmarks;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.efficientsegnet.io.Volumes;
import org.efficientsegnet.volume.Axis;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Volume;
import org.efficientsegnet.volume.Voxels;

/** Writes a scan of 16-bit voxels as a series of CT Images, which the library only reads. */
public final class ScanSeries {

    private static final String CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2";
    private static final String EXPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2.1";
    private static final String ROOT = "1.2.826.0.1.3680043.10.1.";

    private ScanSeries() {}

    /**
     * Makes a series of a scan, in whole HU.
     *
     * @param args the scan and the folder to make
     */
    public static void main(String[] args) throws IOException {
        if (args.length != 2) {
            throw new IllegalArgumentException("two arguments are needed: SCAN FOLDER");
        }
        Volume scan = Volumes.read(Path.of(args[0]));
        short[] hu = new short[scan.voxels().length()];
        for (int i = 0; i < hu.length; i++) {
            hu[i] = (short) Math.rint(scan.slope() * scan.voxels().get(i) + scan.intercept());
        }
        write(Volume.ofHu(scan.shape(), scan.geometry(), hu), Files.createDirectory(Path.of(args[1])));
    }

    /** Writes a file a slice into a folder and gives the folder back. */
    static Path write(Volume volume, Path folder) throws IOException {
        Voxels.Shorts voxels = (Voxels.Shorts) volume.voxels();
        double[] a = volume.geometry().affine();
        Shape shape = volume.shape();
        double x = volume.geometry().spacing(Axis.X);
        double y = volume.geometry().spacing(Axis.Y);
        String directions = decimals(-a[0] / x, -a[4] / x, a[8] / x, -a[1] / y, -a[5] / y, a[9] / y);
        for (int z = 0; z < shape.z(); z++) {
            String instance = ROOT + "3." + (z + 1);
            Elements meta = new Elements()
                    .text(0x00020002, "UI", CT_IMAGE)
                    .text(0x00020003, "UI", instance)
                    .text(0x00020010, "UI", EXPLICIT_LITTLE_ENDIAN);
            ByteBuffer pixels = ByteBuffer.allocate(2 * shape.y() * shape.x()).order(ByteOrder.LITTLE_ENDIAN);
            pixels.asShortBuffer().put(voxels.values(), shape.index(z, 0, 0), shape.y() * shape.x());
            Elements image = new Elements()
                    .text(0x00080016, "UI", CT_IMAGE)
                    .text(0x00080018, "UI", instance)
                    .text(0x00080060, "CS", "CT")
                    .text(0x0020000d, "UI", ROOT + 1)
                    .text(0x0020000e, "UI", ROOT + 2)
                    .text(0x00200013, "IS", String.valueOf(z + 1))
                    .text(0x00200032, "DS", decimals(-a[3] - a[2] * z, -a[7] - a[6] * z, a[11] + a[10] * z))
                    .text(0x00200037, "DS", directions)
                    .number(0x00280002, 1)
                    .text(0x00280004, "CS", "MONOCHROME2")
                    .number(0x00280010, shape.y())
                    .number(0x00280011, shape.x())
                    .text(0x00280030, "DS", decimals(y, x))
                    .number(0x00280100, 16)
                    .number(0x00280101, 16)
                    .number(0x00280102, 15)
                    .number(0x00280103, voxels.unsigned() ? 0 : 1)
                    .text(0x00281052, "DS", decimals(volume.intercept()))
                    .text(0x00281053, "DS", decimals(volume.slope()))
                    .pixels(pixels.array());
            try (OutputStream out = Files.newOutputStream(folder.resolve(Integer.toString(z)))) {
                out.write(new byte[128]);
                out.write("DICM".getBytes(StandardCharsets.US_ASCII));
                new Elements().length(meta).writeTo(out);
                meta.writeTo(out);
                image.writeTo(out);
            }
        }
        return folder;
    }

    private static String decimals(double... values) {
        StringBuilder text = new StringBuilder();
        for (double value : values) {
            // 16 characters at most; adding zero turns a negative zero into a plain one.
            String decimal = Double.toString(Math.rint((value + 0.0) * 1e6) / 1e6);
            text.append(text.isEmpty() ? "" : "\\").append(decimal);
        }
        return text.toString();
    }

    /** Data elements with explicit VR, little-endian (DICOM PS3.5 section 7.1). */
    private static final class Elements {

        private final ByteArrayOutputStream out = new ByteArrayOutputStream();

        private Elements put(int tag, String vr, byte[] value) {
            boolean wide = vr.equals("OW");
            ByteBuffer header = ByteBuffer.allocate(wide ? 12 : 8).order(ByteOrder.LITTLE_ENDIAN);
            header.putShort((short) (tag >>> 16)).putShort((short) tag);
            header.put(vr.getBytes(StandardCharsets.US_ASCII));
            if (wide) {
                header.putShort((short) 0).putInt(value.length);
            } else {
                header.putShort((short) value.length);
            }
            out.writeBytes(header.array());
            out.writeBytes(value);
            return this;
        }

        Elements text(int tag, String vr, String text) {
            String padding = text.length() % 2 == 0 ? "" : vr.equals("UI") ? "\0" : " ";
            return put(tag, vr, (text + padding).getBytes(StandardCharsets.US_ASCII));
        }

        Elements number(int tag, int number) {
            return put(tag, "US", new byte[] {(byte) number, (byte) (number >> 8)});
        }

        Elements pixels(byte[] pixels) {
            return put(0x7fe00010, "OW", pixels);
        }

        /** The length of the file's meta information. */
        Elements length(Elements meta) {
            return put(
                    0x00020000,
                    "UL",
                    ByteBuffer.allocate(4)
                            .order(ByteOrder.LITTLE_ENDIAN)
                            .putInt(meta.out.size())
                            .array());
        }

        void writeTo(OutputStream to) throws IOException {
            out.writeTo(to);
        }
    }
}
