// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.nifti;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import org.efficientsegnet.files.AtomicOutput;
import org.efficientsegnet.io.format.WriteOptions;
import org.efficientsegnet.io.gzip.ParallelGzipStream;
import org.efficientsegnet.io.raster.ElementType;
import org.efficientsegnet.io.raster.RasterWriter;
import org.efficientsegnet.volume.Axis;
import org.efficientsegnet.volume.Geometry;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.ProbabilityMap;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Volume;
import org.efficientsegnet.volume.Voxels;

/**
 * Writes single NIfTI files, little-endian.
 *
 * <p>If the source was NIfTI and lies on the same grid, its version, qform, sform, spacing and units are written as they
 * were. Otherwise the sform holds the affine map and, where the axes are at right angles, the qform the same. NIfTI-1
 * stores 32-bit floating point, so that a position of 300 mm is rounded by up to 0.00002 mm; NIfTI-2 keeps every bit.
 */
public final class NiftiWriter {

    private static final int LARGEST_NIFTI_1_EXTENT = Short.MAX_VALUE;
    private static final byte MILLIMETRES_SECONDS = 2 | 8;
    private static final int SCANNER_ANATOMICAL = 1;

    private static final int INTENT_ESTIMATE = 1001;
    private static final int INTENT_LABEL = 1002;
    private static final int INTENT_NAME_BYTES = 15;
    private static final int DESCRIPTION_BYTES = 79;

    private NiftiWriter() {}

    /**
     * Writes a label map: marked as labels (intent code 1002), shown from 0 to the largest one, with names and colours in
     * a header extension.
     *
     * @param path compressed if it ends in {@code .gz}
     */
    static void write(LabelMap labels, Path path, WriteOptions options) throws IOException {
        Voxels.Bytes voxels = new Voxels.Bytes(labels.labels(), true);
        Volume volume = new Volume(labels.shape(), labels.geometry(), voxels, 1, 0);
        write(
                volume,
                LabelExtension.of(labels.names()),
                (header, version) -> markAsLabels(header, version, voxels),
                path,
                options,
                NiftiVersion.NIFTI_1);
    }

    /**
     * Writes a probability map: 8 bits with a slope of 1/255, marked as an estimate (intent code 1001), shown from 0 to 1,
     * with the organ's name as the intent's name and in the description.
     *
     * @param path compressed if it ends in {@code .gz}
     */
    public static void write(ProbabilityMap map, Path path, WriteOptions options) throws IOException {
        write(
                map.toVolume(),
                new byte[0],
                (header, version) -> markAsProbability(header, version, map.name()),
                path,
                options,
                NiftiVersion.NIFTI_1);
    }

    /**
     * Writes a volume in its own voxel type, with slope and intercept.
     *
     * @param path compressed if it ends in {@code .gz}
     * @param atLeast the version; the later one is taken if the source has it or an axis is too long for the earlier
     */
    public static void write(Volume volume, Path path, WriteOptions options, NiftiVersion atLeast) throws IOException {
        write(volume, new byte[0], (header, version) -> {}, path, options, atLeast);
    }

    /**
     * Writes a volume in its own voxel type, with slope and intercept, to a stream, uncompressed.
     *
     * @param out not closed
     */
    public static void write(Volume volume, OutputStream out) throws IOException {
        out.write(header(volume, version(volume.shape(), null, NiftiVersion.NIFTI_1), null, 0));
        RasterWriter.write(volume.voxels(), out);
    }

    /** Says in a header what the voxels mean. */
    @FunctionalInterface
    private interface Mark {
        void in(ByteBuffer header, NiftiVersion version);
    }

    private static void write(
            Volume volume, byte[] extension, Mark mark, Path path, WriteOptions options, NiftiVersion atLeast)
            throws IOException {
        NiftiHeader source = options.source()
                .filter(NiftiSource.class::isInstance)
                .map(NiftiSource.class::cast)
                .filter(s -> s.geometry().equals(volume.geometry()))
                .map(NiftiSource::header)
                .orElse(null);
        NiftiVersion version = version(volume.shape(), source, atLeast);
        byte[] header = header(volume, version, source, extension.length);
        mark.in(ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN), version);
        boolean compress =
                path.getFileName().toString().toLowerCase(Locale.ROOT).endsWith(".gz");
        AtomicOutput.write(path, out -> {
            if (compress) {
                try (OutputStream gzip =
                        new ParallelGzipStream(out, options.parallelism(), options.compressionLevel())) {
                    gzip.write(header);
                    gzip.write(extension);
                    RasterWriter.write(volume.voxels(), gzip);
                }
            } else {
                out.write(header);
                out.write(extension);
                RasterWriter.write(volume.voxels(), out);
            }
        });
    }

    private static NiftiVersion version(Shape shape, NiftiHeader source, NiftiVersion atLeast) {
        boolean large = Math.max(shape.z(), Math.max(shape.y(), shape.x())) > LARGEST_NIFTI_1_EXTENT;
        boolean later =
                atLeast == NiftiVersion.NIFTI_2 || large || source != null && source.version() == NiftiVersion.NIFTI_2;
        return later ? NiftiVersion.NIFTI_2 : NiftiVersion.NIFTI_1;
    }

    private static void markAsLabels(ByteBuffer header, NiftiVersion version, Voxels.Bytes labels) {
        int largest = 0;
        for (byte label : labels.values()) {
            largest = Math.max(largest, label & 0xff);
        }
        mark(header, version, INTENT_LABEL, largest);
    }

    private static void markAsProbability(ByteBuffer header, NiftiVersion version, String name) {
        mark(header, version, INTENT_ESTIMATE, 1);
        boolean first = version == NiftiVersion.NIFTI_1;
        String ascii = name.replaceAll("[^ -~]", "_");
        header.put(
                first ? 328 : 508,
                ascii.substring(0, Math.min(INTENT_NAME_BYTES, ascii.length())).getBytes(StandardCharsets.US_ASCII));
        String description = "probability of " + ascii;
        header.put(
                first ? 148 : 240,
                description
                        .substring(0, Math.min(DESCRIPTION_BYTES, description.length()))
                        .getBytes(StandardCharsets.US_ASCII));
    }

    /** @param greatest the value that viewers show brightest */
    private static void mark(ByteBuffer header, NiftiVersion version, int intent, double greatest) {
        if (version == NiftiVersion.NIFTI_1) {
            header.putShort(68, (short) intent);
            header.putFloat(124, (float) greatest);
        } else {
            header.putInt(504, intent);
            header.putDouble(192, greatest);
        }
    }

    private static byte[] header(Volume volume, NiftiVersion version, NiftiHeader source, int extension) {
        Fields f = source == null ? fields(volume.geometry()) : fields(source);
        ElementType type = ElementType.of(volume.voxels());
        Shape shape = volume.shape();
        long[] dim = {3, shape.x(), shape.y(), shape.z(), 1, 1, 1, 1};
        ByteBuffer b = ByteBuffer.allocate(version.dataOffset()).order(ByteOrder.LITTLE_ENDIAN);
        b.putInt(0, version.headerBytes());
        if (version == NiftiVersion.NIFTI_1) {
            b.put(38, (byte) 'r');
            for (int i = 0; i < 8; i++) {
                b.putShort(40 + 2 * i, (short) dim[i]);
                b.putFloat(76 + 4 * i, (float) f.pixdim[i]);
            }
            b.putShort(70, (short) code(type));
            b.putShort(72, (short) (8 * type.bytes()));
            b.putFloat(108, version.dataOffset() + extension);
            b.putFloat(112, (float) volume.slope());
            b.putFloat(116, (float) volume.intercept());
            b.put(123, (byte) f.units);
            b.putShort(252, (short) f.qformCode);
            b.putShort(254, (short) f.sformCode);
            for (int i = 0; i < 3; i++) {
                b.putFloat(256 + 4 * i, (float) f.quatern[i]);
                b.putFloat(268 + 4 * i, (float) f.qoffset[i]);
            }
            for (int i = 0; i < 12; i++) {
                b.putFloat(280 + 4 * i, (float) f.srow[i]);
            }
            b.put(344, "n+1\0".getBytes(StandardCharsets.US_ASCII));
        } else {
            b.put(4, "n+2\0\r\n\032\n".getBytes(StandardCharsets.US_ASCII));
            b.putShort(12, (short) code(type));
            b.putShort(14, (short) (8 * type.bytes()));
            for (int i = 0; i < 8; i++) {
                b.putLong(16 + 8 * i, dim[i]);
                b.putDouble(104 + 8 * i, f.pixdim[i]);
            }
            b.putLong(168, version.dataOffset() + extension);
            b.putDouble(176, volume.slope());
            b.putDouble(184, volume.intercept());
            b.putInt(344, f.qformCode);
            b.putInt(348, f.sformCode);
            for (int i = 0; i < 3; i++) {
                b.putDouble(352 + 8 * i, f.quatern[i]);
                b.putDouble(376 + 8 * i, f.qoffset[i]);
            }
            for (int i = 0; i < 12; i++) {
                b.putDouble(400 + 8 * i, f.srow[i]);
            }
            b.putInt(500, f.units);
        }
        b.put(version.headerBytes(), (byte) (extension > 0 ? 1 : 0));
        return b.array();
    }

    /** The fields that place the grid. */
    private record Fields(
            double[] pixdim,
            int units,
            int qformCode,
            int sformCode,
            double[] quatern,
            double[] qoffset,
            double[] srow) {}

    private static Fields fields(NiftiHeader source) {
        double[] pixdim = {1, 1, 1, 1, 1, 1, 1, 1};
        System.arraycopy(source.pixdim, 0, pixdim, 0, 4);
        return new Fields(
                pixdim,
                source.xyztUnits,
                source.qformCode,
                source.sformCode,
                source.quatern,
                source.qoffset,
                source.srow);
    }

    private static Fields fields(Geometry geometry) {
        double[] affine = geometry.affine();
        double[] quaternion = NiftiPlacement.toQuaternion(geometry);
        double[] pixdim = {1, geometry.spacing(Axis.X), geometry.spacing(Axis.Y), geometry.spacing(Axis.Z), 1, 1, 1, 1};
        double[] bcd = new double[3];
        if (quaternion != null) {
            System.arraycopy(quaternion, 0, bcd, 0, 3);
            pixdim[0] = quaternion[3];
        }
        return new Fields(
                pixdim,
                MILLIMETRES_SECONDS,
                quaternion == null ? 0 : SCANNER_ANATOMICAL,
                SCANNER_ANATOMICAL,
                bcd,
                new double[] {affine[3], affine[7], affine[11]},
                affine);
    }

    private static int code(ElementType type) {
        return switch (type) {
            case UINT8 -> 2;
            case INT16 -> 4;
            case INT32 -> 8;
            case FLOAT32 -> 16;
            case FLOAT64 -> 64;
            case INT8 -> 256;
            case UINT16 -> 512;
            case UINT32 -> 768;
            case INT64 -> 1024;
            case UINT64 -> 1280;
        };
    }
}
