// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.toy;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.efficientsegnet.io.dicom.dataset.DataSet;
import org.efficientsegnet.io.dicom.dataset.DicomWriter;
import org.efficientsegnet.io.dicom.dataset.Tag;

/** The scans of {@link TinyScans} as DICOM series. */
public final class TinySeries {

    /** The Series Instance UID. */
    public static final String UID = "2.25.7000";

    private static final String CT = "1.2.840.10008.5.1.4.1.1.2";

    private TinySeries() {}

    /** Writes the slices of an acquisition at these positions, mm, to files {@code IM<acquisition>_<slice>.dcm}. */
    public static Path write(Path folder, int acquisition, int seed, double... positions) throws IOException {
        Files.createDirectories(folder);
        byte[] voxels = TinyScans.voxels(seed);
        int bytes = 2 * TinyScans.NX * TinyScans.NY;
        for (int z = 0; z < positions.length; z++) {
            String instance = UID + "." + acquisition + "." + (z + 1);
            DataSet meta = DataSet.builder()
                    .bytes(Tag.FILE_META_INFORMATION_VERSION, (byte) 0, (byte) 1)
                    .text(Tag.MEDIA_STORAGE_SOP_CLASS_UID, CT)
                    .text(Tag.MEDIA_STORAGE_SOP_INSTANCE_UID, instance)
                    .text(Tag.TRANSFER_SYNTAX_UID, "1.2.840.10008.1.2.1")
                    .build();
            byte[] pixels = Arrays.copyOfRange(voxels, z * bytes, (z + 1) * bytes);
            Path file = folder.resolve("IM" + acquisition + "_" + z + ".dcm");
            try (OutputStream out = Files.newOutputStream(file)) {
                DicomWriter.write(out, meta, slice(instance, acquisition, positions[z]), bytes, o -> o.write(pixels));
            }
        }
        return folder;
    }

    /** Positions that are evenly spaced, 4 mm apart. */
    public static double[] even() {
        double[] positions = new double[TinyScans.NZ];
        for (int z = 0; z < positions.length; z++) {
            positions[z] = 4 * z;
        }
        return positions;
    }

    private static DataSet slice(String instance, int acquisition, double position) {
        return DataSet.builder()
                .text(Tag.SOP_CLASS_UID, CT)
                .text(Tag.SOP_INSTANCE_UID, instance)
                .text(Tag.MODALITY, "CT")
                .text(Tag.SERIES_DESCRIPTION, "tiny")
                .text(Tag.STUDY_INSTANCE_UID, "2.25.6000")
                .text(Tag.SERIES_INSTANCE_UID, UID)
                .text(Tag.FRAME_OF_REFERENCE_UID, "2.25.8000")
                .integers(Tag.ACQUISITION_NUMBER, acquisition)
                .decimals(Tag.IMAGE_POSITION_PATIENT, 0, 0, position)
                .decimals(Tag.IMAGE_ORIENTATION_PATIENT, 1, 0, 0, 0, 1, 0)
                .decimals(Tag.PIXEL_SPACING, 4, 4)
                .integers(Tag.SAMPLES_PER_PIXEL, 1)
                .text(Tag.PHOTOMETRIC_INTERPRETATION, "MONOCHROME2")
                .integers(Tag.ROWS, TinyScans.NY)
                .integers(Tag.COLUMNS, TinyScans.NX)
                .integers(Tag.BITS_ALLOCATED, 16)
                .integers(Tag.BITS_STORED, 16)
                .integers(Tag.HIGH_BIT, 15)
                .integers(Tag.PIXEL_REPRESENTATION, 1)
                .decimals(Tag.RESCALE_INTERCEPT, 0)
                .decimals(Tag.RESCALE_SLOPE, 1)
                .build();
    }

    /** Packs a folder's files into an archive. */
    public static Path zip(Path folder, Path archive) throws IOException {
        try (OutputStream out = Files.newOutputStream(archive);
                ZipOutputStream zip = new ZipOutputStream(out);
                var files = Files.list(folder)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                zip.putNextEntry(new ZipEntry("study/" + file.getFileName()));
                zip.write(Files.readAllBytes(file));
            }
        }
        return archive;
    }
}
