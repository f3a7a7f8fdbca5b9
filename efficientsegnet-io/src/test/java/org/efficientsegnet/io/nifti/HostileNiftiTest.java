// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.nifti;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.zip.GZIPOutputStream;
import org.efficientsegnet.io.format.FormatException;
import org.efficientsegnet.io.format.LimitExceededException;
import org.efficientsegnet.io.format.TruncatedFileException;
import org.efficientsegnet.io.format.UnsupportedFormatException;
import org.efficientsegnet.io.testing.Bytes;
import org.efficientsegnet.io.testing.Hostile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HostileNiftiTest {

    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(strings = {"int16_le.nii", "int16_be.nii.gz", "nifti2_le.nii.gz", "nifti2_be.nii", "float64_be.nii"})
    void truncatedAtEveryByte(String name) throws IOException {
        byte[] whole = fixture(name);
        for (int length = 0; length < whole.length; length++) {
            Path file = write("cut.nii", Arrays.copyOf(whole, length));
            FormatException e = Hostile.refused(file);
            if (!name.endsWith(".gz") && length >= 4) {
                assertInstanceOf(TruncatedFileException.class, e);
            }
        }
    }

    /** What was compressed is cut, not the compressed file: the stream is whole, but its content is not. */
    @ParameterizedTest
    @ValueSource(strings = {"int16_le.nii", "nifti2_be.nii"})
    void truncatedInsideGzip(String name) throws IOException {
        byte[] whole = fixture(name);
        for (int length = 4; length < whole.length; length++) {
            FormatException e = Hostile.refused(write("cut.nii.gz", Bytes.gzip(Arrays.copyOf(whole, length))));
            assertInstanceOf(TruncatedFileException.class, e);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"int16_le.nii", "int16_be.nii", "nifti2_le.nii.gz", "pair.hdr", "qform_oblique.nii"})
    void everyHeaderByteChanged(String name) throws IOException {
        byte[] whole = fixture(name);
        if (name.startsWith("pair")) {
            Files.write(directory.resolve("changed.img"), fixture("pair.img"));
        }
        Path file = directory.resolve("changed" + name.substring(name.indexOf('.')));
        int refused = Hostile.everyByteChanged(whole, 544, file, 0, 1, 0x7f, 0xff);
        assertTrue(refused > 50, refused + " were refused");
    }

    @ParameterizedTest
    @CsvSource({
        "32767, 32767, 32767, dim",
        "32767, 32767, 1, voxel data",
        "1024, 1024, 1024, voxel data",
        "0, 4, 3, dim[1]",
        "5, -1, 3, dim[2]",
        "5, 4, -32768, dim[3]",
        "5, 4, 4, voxel data",
        "5, 4, 2, voxel data",
    })
    void dimensionsThatLie(short x, short y, short z, String field) throws IOException {
        Consumer<ByteBuffer> lie = b -> b.putShort(42, x).putShort(44, y).putShort(46, z);
        byte[] changed = change(fixture("int16_le.nii"), lie);
        assertEquals(field, Hostile.refused(write("lie.nii", changed)).field());
        assertEquals(
                field, Hostile.refused(write("lie.nii.gz", Bytes.gzip(changed))).field());
    }

    @ParameterizedTest
    @CsvSource({
        "4611686018427387904, 4, 1",
        "9223372036854775807, 9223372036854775807, 9223372036854775807",
        "4294967297, 4294967297, 1",
        "2147483648, 1, 1",
    })
    void dimensionsThatOverflow(long x, long y, long z) throws IOException {
        byte[] changed = change(
                fixture("nifti2_be.nii"),
                b -> b.order(ByteOrder.BIG_ENDIAN).putLong(24, x).putLong(32, y).putLong(40, z));
        assertInstanceOf(LimitExceededException.class, Hostile.refused(write("overflow.nii", changed)));
    }

    @Test
    void gzipThatExpandsPastWhatTheHeaderDeclares() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (OutputStream gzip = new GZIPOutputStream(bytes)) {
            gzip.write(fixture("int16_le.nii"));
            byte[] zeros = new byte[1 << 20];
            for (int i = 0; i < 300; i++) {
                gzip.write(zeros);
            }
        }
        FormatException e = Hostile.refused(write("bomb.nii.gz", bytes.toByteArray()));
        assertTrue(e.getMessage().contains("goes on"), e.getMessage());
    }

    @ParameterizedTest
    @CsvSource({"NaN", "Infinity", "-Infinity"})
    void numbersInTheAffineThatAreNotFinite(float value) throws IOException {
        for (int at = 280; at < 328; at += 4) {
            int here = at;
            byte[] changed = change(fixture("sform_only.nii"), b -> b.putFloat(here, value));
            assertEquals("srow", Hostile.refused(write("affine.nii", changed)).field());
        }
        for (int at : new int[] {80, 84, 88, 256, 260, 264, 268, 272, 276}) {
            byte[] changed = change(fixture("qform_only.nii"), b -> b.putFloat(at, value));
            Hostile.refused(write("affine.nii", changed));
        }
        for (int at : new int[] {80, 84, 88}) {
            byte[] changed = change(fixture("neither.nii"), b -> b.putFloat(at, value));
            assertEquals(
                    "pixdim[" + (at - 76) / 4 + "]",
                    Hostile.refused(write("affine.nii", changed)).field());
        }
    }

    @Test
    void zeroSpacing() throws IOException {
        for (int axis = 1; axis <= 3; axis++) {
            int at = 76 + 4 * axis;
            for (String name : new String[] {"qform_only.nii", "neither.nii"}) {
                byte[] changed = change(fixture(name), b -> b.putFloat(at, 0));
                assertEquals(
                        "pixdim[" + axis + "]",
                        Hostile.refused(write("flat.nii", changed)).field());
            }
        }
        byte[] changed = change(fixture("sform_only.nii"), b -> b.putFloat(280, 0));
        assertEquals("srow", Hostile.refused(write("flat.nii", changed)).field());
    }

    @ParameterizedTest
    @CsvSource({"NaN", "Infinity", "-1", "0.5", "351", "1e30", "2e7"})
    void dataOffset(float offset) throws IOException {
        byte[] changed = change(fixture("int16_le.nii"), b -> b.putFloat(108, offset));
        assertEquals("vox_offset", Hostile.refused(write("offset.nii", changed)).field());
        assertEquals(
                "vox_offset",
                Hostile.refused(write("offset.nii.gz", Bytes.gzip(changed))).field());
    }

    @Test
    void interceptThatIsNotFinite() throws IOException {
        byte[] changed = change(fixture("int16_le.nii"), b -> b.putFloat(112, 1).putFloat(116, Float.NaN));
        assertEquals("scl_inter", Hostile.refused(write("line.nii", changed)).field());
    }

    @ParameterizedTest
    @CsvSource({"1536, float128", "2304, RGBA32", "1, 1-bit", "0, unknown", "-5, unknown"})
    void types(short datatype, String name) throws IOException {
        byte[] changed = change(fixture("int16_le.nii"), b -> b.putShort(70, datatype));
        FormatException e = Hostile.refused(write("type.nii", changed));
        assertInstanceOf(UnsupportedFormatException.class, e);
        assertTrue(e.getMessage().contains(name), e.getMessage());
    }

    @Test
    void analyzeIsRefusedByName() throws IOException {
        byte[] changed = change(fixture("int16_le.nii"), b -> b.putInt(344, 0));
        assertTrue(Hostile.refused(write("old.nii", changed)).getMessage().contains("ANALYZE"));
    }

    @Test
    void pairWithoutData() throws IOException {
        FormatException e = Hostile.refused(write("alone.hdr", fixture("pair.hdr")));
        assertTrue(e.getMessage().contains(".img"), e.getMessage());
    }

    @Test
    void pairWhoseDataIsALinkToElsewhere() throws IOException {
        Path inside = Files.createDirectory(directory.resolve("inside"));
        Path elsewhere = write("secret.img", fixture("pair.img"));
        Files.createSymbolicLink(inside.resolve("pair.img"), elsewhere);
        Path header = Files.write(inside.resolve("pair.hdr"), fixture("pair.hdr"));
        assertTrue(Hostile.refused(header).getMessage().contains("link"));
    }

    private static byte[] fixture(String name) throws IOException {
        return Files.readAllBytes(NiftiFormatTest.FIXTURES.resolve(name));
    }

    private static byte[] change(byte[] bytes, Consumer<ByteBuffer> how) {
        byte[] changed = bytes.clone();
        how.accept(ByteBuffer.wrap(changed).order(ByteOrder.LITTLE_ENDIAN));
        return changed;
    }

    private Path write(String name, byte[] bytes) throws IOException {
        return Hostile.write(directory.resolve(name), bytes);
    }
}
