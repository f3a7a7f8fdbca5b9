// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.UnaryOperator;
import org.efficientsegnet.io.dicom.dataset.DataSet;
import org.efficientsegnet.io.dicom.dataset.DicomWriter;
import org.efficientsegnet.io.dicom.dataset.Tag;

/** Writes series of small slices whose every pixel is known: 100·(number of the slice) + 10·row + column, plus 1024. */
final class SyntheticSeries {

    static final int ROWS = 6;
    static final int COLUMNS = 8;
    static final String UID = "2.25.7000";
    static final String CT = "1.2.840.10008.5.1.4.1.1.2";

    private SyntheticSeries() {}

    /** An axial slice, 1 mm pixels, at (0, 0, 5·z). */
    static DataSet.Builder slice(int z) {
        return DataSet.builder()
                .text(Tag.IMAGE_TYPE, "ORIGINAL", "PRIMARY", "AXIAL")
                .text(Tag.SOP_CLASS_UID, CT)
                .text(Tag.SOP_INSTANCE_UID, UID + ".1." + (z + 1))
                .text(Tag.STUDY_DATE, "20200102")
                .text(Tag.STUDY_TIME, "030405")
                .text(Tag.MODALITY, "CT")
                .text(Tag.SERIES_DESCRIPTION, "synthetic")
                .text(Tag.PATIENT_NAME, "Test^Synthetic")
                .text(Tag.PATIENT_ID, "S1")
                .text(Tag.STUDY_INSTANCE_UID, "2.25.6000")
                .text(Tag.SERIES_INSTANCE_UID, UID)
                .text(Tag.FRAME_OF_REFERENCE_UID, "2.25.8000")
                .integers(Tag.INSTANCE_NUMBER, z + 1)
                .decimals(Tag.SLICE_THICKNESS, 5)
                .decimals(Tag.IMAGE_POSITION_PATIENT, 0, 0, 5.0 * z)
                .decimals(Tag.IMAGE_ORIENTATION_PATIENT, 1, 0, 0, 0, 1, 0)
                .decimals(Tag.PIXEL_SPACING, 1, 1)
                .integers(Tag.SAMPLES_PER_PIXEL, 1)
                .text(Tag.PHOTOMETRIC_INTERPRETATION, "MONOCHROME2")
                .integers(Tag.ROWS, ROWS)
                .integers(Tag.COLUMNS, COLUMNS)
                .integers(Tag.BITS_ALLOCATED, 16)
                .integers(Tag.BITS_STORED, 16)
                .integers(Tag.HIGH_BIT, 15)
                .integers(Tag.PIXEL_REPRESENTATION, 1)
                .decimals(Tag.RESCALE_INTERCEPT, -1024)
                .decimals(Tag.RESCALE_SLOPE, 1);
    }

    static int stored(int z, int y, int x) {
        return 1024 + 100 * z + 10 * y + x;
    }

    static byte[] pixels(int z) {
        ByteBuffer bytes = ByteBuffer.allocate(2 * ROWS * COLUMNS).order(ByteOrder.LITTLE_ENDIAN);
        for (int y = 0; y < ROWS; y++) {
            for (int x = 0; x < COLUMNS; x++) {
                bytes.putShort((short) stored(z, y, x));
            }
        }
        return bytes.array();
    }

    static void write(Path file, DataSet.Builder slice, byte[] pixels) throws IOException {
        write(file, slice.build(), pixels);
    }

    static void write(Path file, DataSet dataSet, byte[] pixels) throws IOException {
        DataSet meta = DataSet.builder()
                .bytes(Tag.FILE_META_INFORMATION_VERSION, (byte) 0, (byte) 1)
                .text(
                        Tag.MEDIA_STORAGE_SOP_CLASS_UID,
                        dataSet.text(Tag.SOP_CLASS_UID).orElse(CT))
                .text(
                        Tag.MEDIA_STORAGE_SOP_INSTANCE_UID,
                        dataSet.text(Tag.SOP_INSTANCE_UID).orElse("2.25.1"))
                .text(Tag.TRANSFER_SYNTAX_UID, "1.2.840.10008.1.2.1")
                .build();
        Files.createDirectories(file.getParent());
        try (OutputStream out = Files.newOutputStream(file)) {
            DicomWriter.write(out, meta, dataSet, pixels.length, o -> o.write(pixels));
        }
    }

    /** Where the data set of a file of this class begins. */
    static int bodyOffset(byte[] file) {
        // Preamble, mark, and the attribute that says how long the rest of the meta information is.
        return 132 + 12 + ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getInt(140);
    }

    /** A file of this class without sequences, all attributes of which but the pixels have the representation UN. */
    static byte[] withUnknownRepresentations(byte[] file) {
        ByteBuffer in = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        ByteBuffer out = ByteBuffer.allocate(2 * file.length).order(ByteOrder.LITTLE_ENDIAN);
        int body = bodyOffset(file);
        out.put(file, 0, body);
        in.position(body);
        while (in.getShort(in.position()) != 0x7fe0) {
            int length = in.getShort(in.position() + 6);
            out.put(file, in.position(), 4)
                    .put((byte) 'U')
                    .put((byte) 'N')
                    .putShort((short) 0)
                    .putInt(length);
            out.put(file, in.position() + 8, length);
            in.position(in.position() + 8 + length);
        }
        out.put(in);
        return Arrays.copyOf(out.array(), out.position());
    }

    /** Writes slices 0 to {@code count}, each as {@code change} leaves it. */
    static void write(Path folder, int count, Change change) throws IOException {
        for (int z = 0; z < count; z++) {
            write(folder.resolve("slice" + z), change.apply(z, slice(z)), pixels(z));
        }
    }

    static void write(Path folder, int count) throws IOException {
        write(folder, count, (z, slice) -> slice);
    }

    /** Slices of another size, all of whose pixels are zero. */
    static void write(Path folder, int count, int rows, int columns) throws IOException {
        for (int z = 0; z < count; z++) {
            write(
                    folder.resolve("slice" + z),
                    slice(z).integers(Tag.ROWS, rows).integers(Tag.COLUMNS, columns),
                    new byte[2 * rows * columns]);
        }
    }

    /** What makes a slice differ from the plain one. */
    interface Change {
        DataSet.Builder apply(int z, DataSet.Builder slice);

        static Change always(UnaryOperator<DataSet.Builder> change) {
            return (z, slice) -> change.apply(slice);
        }
    }
}
