// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.toy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPOutputStream;

/** Scan files of a few hundred voxels: a bright block and a dark one in soft tissue. */
public final class TinyScans {

    /** Voxels along x, y and z. */
    public static final int NX = 12;

    /** Voxels along x, y and z. */
    public static final int NY = 10;

    /** Voxels along x, y and z. */
    public static final int NZ = 8;

    private TinyScans() {}

    /** HU, little-endian 16-bit; the bright block begins at {@code seed % 3}. */
    public static byte[] voxels(int seed) {
        ByteBuffer bytes = ByteBuffer.allocate(2 * NX * NY * NZ).order(ByteOrder.LITTLE_ENDIAN);
        int x0 = Math.floorMod(seed, 3);
        for (int z = 0; z < NZ; z++) {
            for (int y = 0; y < NY; y++) {
                for (int x = 0; x < NX; x++) {
                    boolean inside = y >= 2 && y < 8 && z >= 2 && z < 6;
                    boolean bright = inside && x >= x0 && x < x0 + 4;
                    boolean dark = inside && x >= 8 && x < 11;
                    bytes.putShort((short) (bright ? 300 : dark ? -300 : 0));
                }
            }
        }
        return bytes.array();
    }

    /** A NIfTI-1 file's bytes, 4 mm voxels. */
    public static byte[] nifti(int seed) {
        ByteBuffer b = ByteBuffer.allocate(352 + 2 * NX * NY * NZ).order(ByteOrder.LITTLE_ENDIAN);
        b.putInt(0, 348);
        short[] dim = {3, NX, NY, NZ, 1, 1, 1, 1};
        for (int i = 0; i < 8; i++) {
            b.putShort(40 + 2 * i, dim[i]);
        }
        b.putShort(70, (short) 4);
        b.putShort(72, (short) 16);
        b.putFloat(76, 1);
        for (int i = 1; i < 4; i++) {
            b.putFloat(76 + 4 * i, 4);
        }
        b.putFloat(108, 352);
        b.putFloat(112, 1);
        b.put(123, (byte) 2);
        b.putShort(254, (short) 1);
        for (int row = 0; row < 3; row++) {
            b.putFloat(280 + 16 * row + 4 * row, 4);
        }
        b.put(344, "n+1\0".getBytes(StandardCharsets.US_ASCII));
        b.put(352, voxels(seed));
        return b.array();
    }

    /** As a {@code .nii.gz}. */
    public static byte[] niftiGz(int seed) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
            gzip.write(nifti(seed));
        }
        return bytes.toByteArray();
    }

    /** As a {@code .mha}. */
    public static byte[] metaImage(int seed) {
        String header = "ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\n"
                + "CompressedData = False\nTransformMatrix = 1 0 0 0 1 0 0 0 1\nOffset = 0 0 0\n"
                + "ElementSpacing = 4 4 4\nDimSize = " + NX + " " + NY + " " + NZ
                + "\nElementType = MET_SHORT\nElementDataFile = LOCAL\n";
        return joined(header, voxels(seed));
    }

    /** As a {@code .nrrd}. */
    public static byte[] nrrd(int seed) {
        String header = "NRRD0004\ntype: short\ndimension: 3\nspace: left-posterior-superior\nsizes: " + NX + " " + NY
                + " " + NZ + "\nspace directions: (4,0,0) (0,4,0) (0,0,4)\nkinds: domain domain domain\n"
                + "endian: little\nencoding: raw\nspace origin: (0,0,0)\n\n";
        return joined(header, voxels(seed));
    }

    /** A scan in one of the four kinds, chosen by the seed. */
    public static Path write(Path folder, String name, int seed) throws IOException {
        Files.createDirectories(folder);
        return switch (Math.floorMod(seed, 4)) {
            case 0 -> Files.write(folder.resolve(name + ".nii.gz"), niftiGz(seed));
            case 1 -> Files.write(folder.resolve(name + ".nii"), nifti(seed));
            case 2 -> Files.write(folder.resolve(name + ".mha"), metaImage(seed));
            default -> Files.write(folder.resolve(name + ".nrrd"), nrrd(seed));
        };
    }

    private static byte[] joined(String header, byte[] voxels) {
        byte[] text = header.getBytes(StandardCharsets.US_ASCII);
        byte[] all = new byte[text.length + voxels.length];
        System.arraycopy(text, 0, all, 0, text.length);
        System.arraycopy(voxels, 0, all, text.length, voxels.length);
        return all;
    }
}
