// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.spark.toy;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.efficientsegnet.io.Volumes;
import org.efficientsegnet.io.dicom.dataset.DataSet;
import org.efficientsegnet.io.dicom.dataset.DicomWriter;
import org.efficientsegnet.io.dicom.dataset.Tag;
import org.efficientsegnet.io.format.WriteOptions;
import org.efficientsegnet.volume.Geometry;
import org.efficientsegnet.volume.Orientation;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Volume;

/** Scan files of a few hundred voxels: a bright block and a dark one in soft tissue. */
public final class TinyScans {

    private static final Shape SHAPE = new Shape(8, 10, 12);
    private static final String CT = "1.2.840.10008.5.1.4.1.1.2";

    private TinyScans() {}

    private static short[] voxels(int seed) {
        short[] voxels = new short[8 * 10 * 12];
        int x0 = seed % 3;
        for (int i = 0; i < voxels.length; i++) {
            int x = i % 12;
            int y = i / 12 % 10;
            int z = i / 120;
            boolean inside = y >= 2 && y < 8 && z >= 2 && z < 6;
            boolean bright = inside && x >= x0 && x < x0 + 4;
            boolean dark = inside && x >= 8 && x < 11;
            voxels[i] = (short) (bright ? 300 : dark ? -300 : seed % 50);
        }
        return voxels;
    }

    /** Writes a scan in the format of its ending. */
    public static Path write(Path file, int seed) throws IOException {
        return write(file, voxels(seed));
    }

    /** Writes a scan which the toy engine does not survive. */
    public static Path writeDeadly(Path file) throws IOException {
        short[] voxels = new short[8 * 10 * 12];
        voxels[0] = 300;
        return write(file, voxels);
    }

    private static Path write(Path file, short[] voxels) throws IOException {
        Files.createDirectories(file.getParent());
        Volume volume = Volume.ofHu(SHAPE, Geometry.of(Orientation.RAS, 4, 4, 4), voxels);
        Volumes.write(volume, file, WriteOptions.DEFAULT);
        return file;
    }

    /** Writes a DICOM series, a file a slice. */
    public static Path writeDicom(Path folder, String series, int seed) throws IOException {
        Files.createDirectories(folder);
        short[] voxels = voxels(seed);
        for (int z = 0; z < 8; z++) {
            ByteBuffer pixels = ByteBuffer.allocate(2 * 120).order(ByteOrder.LITTLE_ENDIAN);
            pixels.asShortBuffer().put(voxels, z * 120, 120);
            String instance = series + "." + (z + 1);
            DataSet meta = DataSet.builder()
                    .bytes(Tag.FILE_META_INFORMATION_VERSION, (byte) 0, (byte) 1)
                    .text(Tag.MEDIA_STORAGE_SOP_CLASS_UID, CT)
                    .text(Tag.MEDIA_STORAGE_SOP_INSTANCE_UID, instance)
                    .text(Tag.TRANSFER_SYNTAX_UID, "1.2.840.10008.1.2.1")
                    .build();
            try (OutputStream out = Files.newOutputStream(folder.resolve(instance + ".dcm"))) {
                DicomWriter.write(out, meta, slice(instance, series, 4 * z), 240, o -> o.write(pixels.array()));
            }
        }
        return folder;
    }

    private static DataSet slice(String instance, String series, double position) {
        return DataSet.builder()
                .text(Tag.SOP_CLASS_UID, CT)
                .text(Tag.SOP_INSTANCE_UID, instance)
                .text(Tag.MODALITY, "CT")
                .text(Tag.STUDY_INSTANCE_UID, "2.25.6000")
                .text(Tag.SERIES_INSTANCE_UID, series)
                .text(Tag.FRAME_OF_REFERENCE_UID, "2.25.8000")
                .decimals(Tag.IMAGE_POSITION_PATIENT, 0, 0, position)
                .decimals(Tag.IMAGE_ORIENTATION_PATIENT, 1, 0, 0, 0, 1, 0)
                .decimals(Tag.PIXEL_SPACING, 4, 4)
                .integers(Tag.SAMPLES_PER_PIXEL, 1)
                .text(Tag.PHOTOMETRIC_INTERPRETATION, "MONOCHROME2")
                .integers(Tag.ROWS, 10)
                .integers(Tag.COLUMNS, 12)
                .integers(Tag.BITS_ALLOCATED, 16)
                .integers(Tag.BITS_STORED, 16)
                .integers(Tag.HIGH_BIT, 15)
                .integers(Tag.PIXEL_REPRESENTATION, 1)
                .decimals(Tag.RESCALE_INTERCEPT, 0)
                .decimals(Tag.RESCALE_SLOPE, 1)
                .build();
    }
}
