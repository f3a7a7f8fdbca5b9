// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.metaimage;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import org.efficientsegnet.files.AtomicOutput;
import org.efficientsegnet.io.format.UnsupportedFormatException;
import org.efficientsegnet.io.format.WriteOptions;
import org.efficientsegnet.io.raster.ElementType;
import org.efficientsegnet.io.raster.RasterWriter;
import org.efficientsegnet.volume.Axis;
import org.efficientsegnet.volume.Geometry;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Voxels;

/** Writes MetaImage, little-endian: {@code .mha} in one file, {@code .mhd} with a {@code .raw} or {@code .zraw}. */
final class MetaImageWriter {

    private MetaImageWriter() {}

    /** @param compress whether voxels are deflated; they are held in memory then, as their size stands before them */
    static void write(Shape shape, Geometry geometry, Voxels voxels, boolean compress, Path path, WriteOptions options)
            throws IOException {
        byte[] deflated = compress ? deflate(voxels, options.compressionLevel()) : null;
        String name = path.getFileName().toString();
        boolean detached = name.toLowerCase(Locale.ROOT).endsWith(".mhd");
        String dataName = name.substring(0, name.length() - 4) + (compress ? ".zraw" : ".raw");
        if (detached && (dataName.contains("%") || dataName.startsWith("LIST"))) {
            throw new UnsupportedFormatException(
                    path,
                    "file name",
                    "would be taken for a pattern of several data files",
                    "Use .mha, or another name.");
        }
        String header = "ObjectType = Image\n"
                + "NDims = 3\n"
                + "BinaryData = True\n"
                + "BinaryDataByteOrderMSB = False\n"
                + "CompressedData = " + (compress ? "True\nCompressedDataSize = " + deflated.length : "False") + "\n"
                + placement(geometry)
                + "DimSize = " + shape.x() + " " + shape.y() + " " + shape.z() + "\n"
                + "ElementType = " + type(ElementType.of(voxels)) + "\n"
                + "ElementDataFile = " + (detached ? dataName : "LOCAL") + "\n";
        AtomicOutput.Body data = out -> {
            if (compress) {
                out.write(deflated);
            } else {
                RasterWriter.write(voxels, out);
            }
        };
        byte[] headerBytes = header.getBytes(StandardCharsets.UTF_8);
        if (detached) {
            AtomicOutput.write(path.resolveSibling(dataName), data);
            AtomicOutput.write(path, out -> out.write(headerBytes));
        } else {
            AtomicOutput.write(path, out -> {
                out.write(headerBytes);
                data.write(out);
            });
        }
    }

    private static String placement(Geometry geometry) {
        double[] a = geometry.affine();
        StringBuilder matrix = new StringBuilder();
        StringBuilder spacing = new StringBuilder();
        for (Axis axis : Axis.xyz()) {
            double length = geometry.spacing(axis);
            spacing.append(' ').append(length);
            for (int r = 0; r < 3; r++) {
                matrix.append(' ').append(lps(r, a[4 * r + axis.column()] / length));
            }
        }
        return "TransformMatrix =" + matrix + "\n"
                + "Offset = " + lps(0, a[3]) + " " + lps(1, a[7]) + " " + lps(2, a[11]) + "\n"
                + "CenterOfRotation = 0 0 0\n"
                + "AnatomicalOrientation = "
                + geometry.orientation().opposite() + "\n"
                + "ElementSpacing =" + spacing + "\n";
    }

    /** A coordinate in left-posterior-superior; the subtraction makes no negative zero. */
    private static double lps(int axis, double ras) {
        return axis < 2 ? 0.0 - ras : 0.0 + ras;
    }

    private static byte[] deflate(Voxels voxels, int level) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        Deflater deflater = new Deflater(level);
        try (OutputStream out = new DeflaterOutputStream(bytes, deflater, 1 << 16)) {
            RasterWriter.write(voxels, out);
        } finally {
            deflater.end();
        }
        return bytes.toByteArray();
    }

    private static String type(ElementType type) {
        return switch (type) {
            case UINT8 -> "MET_UCHAR";
            case INT8 -> "MET_CHAR";
            case UINT16 -> "MET_USHORT";
            case INT16 -> "MET_SHORT";
            case UINT32 -> "MET_UINT";
            case INT32 -> "MET_INT";
            case UINT64 -> "MET_ULONG_LONG";
            case INT64 -> "MET_LONG_LONG";
            case FLOAT32 -> "MET_FLOAT";
            case FLOAT64 -> "MET_DOUBLE";
        };
    }
}
