// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.metaimage;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.zip.DeflaterOutputStream;
import org.efficientsegnet.io.LabelMaps;
import org.efficientsegnet.io.Volumes;
import org.efficientsegnet.io.format.ReadOptions;
import org.efficientsegnet.io.format.Scan;
import org.efficientsegnet.io.format.TruncatedFileException;
import org.efficientsegnet.io.format.UnsupportedFormatException;
import org.efficientsegnet.io.format.WriteOptions;
import org.efficientsegnet.io.testing.Bytes;
import org.efficientsegnet.io.testing.Hostile;
import org.efficientsegnet.volume.Axis;
import org.efficientsegnet.volume.Geometry;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.Orientation;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Volume;
import org.efficientsegnet.volume.Voxels;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class MetaImageFormatTest {

    private static final Path FIXTURES = Path.of("src/test/resources/org/efficientsegnet/io/metaimage");

    /** Two by three by four shorts, 0 to 23. */
    private static final String HEADER = "ObjectType = Image\nNDims = 3\nBinaryData = True\n"
            + "BinaryDataByteOrderMSB = False\nCompressedData = False\nTransformMatrix = 1 0 0 0 1 0 0 0 1\n"
            + "Offset = 10 20 30\nElementSpacing = 2 3 4\nDimSize = 4 3 2\nElementType = MET_SHORT\n"
            + "ElementDataFile = LOCAL\n";

    private static final Geometry PLACE = Geometry.ofAffine(-2, 0, 0, -10, 0, -3, 0, -20, 0, 0, 4, 30);

    @TempDir
    Path directory;

    /** Written by ITK 5 (plastimatch) from a NIfTI fixture that nibabel wrote. */
    @ParameterizedTest
    @ValueSource(strings = {"itk_oblique.mha", "itk_detached.mhd"})
    void agreesWithItk(String name) throws IOException {
        Volume expected = Volumes.read(FIXTURES.resolveSibling("nifti").resolve("qform_oblique.nii"));
        Scan scan = Volumes.open(FIXTURES.resolve(name), ReadOptions.DEFAULT);
        assertEquals(List.of(), scan.warnings());
        assertTrue(scan.volume().geometry().isCloseTo(expected.geometry(), 1e-6));
        assertEquals("int16", scan.volume().voxels().typeName());
        for (int i = 0; i < 60; i++) {
            assertEquals(expected.voxels().get(i), scan.volume().voxels().get(i));
        }
    }

    @Test
    void plain() throws IOException {
        Scan scan = Volumes.open(mha(HEADER, ramp(ByteOrder.LITTLE_ENDIAN)), ReadOptions.DEFAULT);
        assertEquals(PLACE, scan.volume().geometry());
        assertEquals(23, scan.volume().hu(1, 2, 3));
        assertEquals(List.of(), scan.warnings());
    }

    @ParameterizedTest
    @ValueSource(strings = {"BinaryDataByteOrderMSB = True", "ElementByteOrderMSB = True"})
    void bigEndian(String line) throws IOException {
        String header = HEADER.replace("BinaryDataByteOrderMSB = False", line);
        assertEquals(23, Volumes.read(mha(header, ramp(ByteOrder.BIG_ENDIAN))).hu(1, 2, 3));
    }

    @Test
    void compressedAsZlibOrGzip() throws IOException {
        String header = HEADER.replace("CompressedData = False", "CompressedData = True");
        byte[] ramp = ramp(ByteOrder.LITTLE_ENDIAN);
        assertEquals(23, Volumes.read(mha(header, zlib(ramp))).hu(1, 2, 3));
        assertEquals(23, Volumes.read(mha(header, Bytes.gzip(ramp))).hu(1, 2, 3));
    }

    @ParameterizedTest
    @CsvSource({"RAI, LPS", "LPS, RAI", "LPI, RAS", "ASL, PIR"})
    void anatomicalOrientationNamesWhereAxesComeFrom(String code, String orientation) throws IOException {
        String header = HEADER.replace("TransformMatrix = 1 0 0 0 1 0 0 0 1", "AnatomicalOrientation = " + code);
        Volume volume = Volumes.read(mha(header, ramp(ByteOrder.LITTLE_ENDIAN)));
        assertEquals(orientation, volume.geometry().orientation().toString());
        assertEquals(2, volume.geometry().spacing(Axis.X));
    }

    @Test
    void assumptionsAreSaid() throws IOException {
        String header = HEADER.replace("TransformMatrix = 1 0 0 0 1 0 0 0 1\n", "")
                .replace("ElementSpacing = 2 3 4\n", "")
                .replace("Offset = 10 20 30\n", "");
        Scan scan = Volumes.open(mha(header, ramp(ByteOrder.LITTLE_ENDIAN)), ReadOptions.DEFAULT);
        assertEquals(Geometry.of(Orientation.of("LPS"), 1, 1, 1), scan.volume().geometry());
        assertEquals(2, scan.warnings().size());
    }

    @Test
    void furtherAxesUnitsAndIntensityFunction() throws IOException {
        String header = HEADER.replace("NDims = 3", "NDims = 4\nDistanceUnits = cm")
                .replace("DimSize = 4 3 2", "DimSize = 4 3 2 1")
                .replace("Offset = 10 20 30", "Offset = 1 2 3 0")
                .replace("1 0 0 0 1 0 0 0 1", "1 0 0 0 0 1 0 0 0 0 1 0 0 0 0 1")
                .replace("ElementSpacing = 2 3 4", "ElementSpacing = 0.2 0.3 0.4 1")
                .replace(
                        "ElementType",
                        "ElementToIntensityFunctionSlope = 2\nElementToIntensityFunctionOffset = -1024\nElementType");
        Volume volume = Volumes.read(mha(header, ramp(ByteOrder.LITTLE_ENDIAN)));
        assertTrue(volume.geometry().isCloseTo(PLACE, 1e-12));
        assertEquals(46 - 1024, volume.hu(1, 2, 3));
    }

    @Test
    void headerSizeSkipsInTheDataFile() throws IOException {
        byte[] ramp = ramp(ByteOrder.LITTLE_ENDIAN);
        byte[] data = new byte[ramp.length + 100];
        System.arraycopy(ramp, 0, data, 100, ramp.length);
        Files.write(directory.resolve("data.raw"), data);
        for (int skip : new int[] {100, -1}) {
            String header =
                    HEADER.replace("ElementDataFile = LOCAL", "HeaderSize = " + skip + "\nElementDataFile = data.raw");
            Path file = Files.writeString(directory.resolve("detached.mhd"), header);
            assertEquals(23, Volumes.read(file).hu(1, 2, 3));
        }
    }

    static List<Orientation> orientations() {
        return Orientation.all();
    }

    @ParameterizedTest
    @MethodSource("orientations")
    void writtenLabelsAndVolumesComeBack(Orientation orientation) throws IOException {
        Geometry geometry = Geometry.of(orientation, 0.7, 0.8, 2.5);
        byte[] labels = new byte[24];
        Arrays.fill(labels, 5, 20, (byte) 200);
        short[] hu = new short[24];
        Arrays.fill(hu, 3, 9, (short) -1000);
        for (String ending : List.of(".mha", ".mhd")) {
            Path file = directory.resolve("labels" + ending);
            LabelMaps.write(LabelMap.of(new Shape(2, 3, 4), geometry, labels), file);
            LabelMap back = LabelMaps.read(file);
            assertTrue(back.geometry().isCloseTo(geometry, 1e-12));
            assertArrayEquals(labels, back.labels());

            Path volume = directory.resolve("volume" + ending);
            Volumes.write(Volume.ofHu(new Shape(2, 3, 4), geometry, hu), volume, WriteOptions.DEFAULT);
            assertArrayEquals(hu, ((Voxels.Shorts) Volumes.read(volume).voxels()).values());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void truncatedAtEveryByte(boolean compressed) throws IOException {
        byte[] ramp = ramp(ByteOrder.LITTLE_ENDIAN);
        byte[] whole = compressed
                ? join(HEADER.replace("CompressedData = False", "CompressedData = True"), zlib(ramp))
                : join(HEADER, ramp);
        for (int length = 0; length < whole.length; length++) {
            Hostile.refused(Hostile.write(directory.resolve("cut.mha"), Arrays.copyOf(whole, length)));
        }
    }

    @Test
    void everyByteChanged() throws IOException {
        byte[] whole = Files.readAllBytes(FIXTURES.resolve("itk_oblique.mha"));
        int refused = Hostile.everyByteChanged(whole, whole.length, directory.resolve("changed.mha"), '\n', '9');
        assertTrue(refused > 100, refused + " were refused");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "NDims = 3 | NDims = 2 | NDims",
                "NDims = 3 | NDims = 4 | DimSize",
                "NDims = 3 | NDims = 2000000000 | NDims",
                "DimSize = 4 3 2 | DimSize = 4 3 3 | voxel data",
                "DimSize = 4 3 2 | DimSize = 4 3 1 | voxel data",
                "DimSize = 4 3 2 | DimSize = 1024 1024 1000 | voxel data",
                "DimSize = 4 3 2 | DimSize = 65536 65536 65536 | DimSize",
                "DimSize = 4 3 2 | DimSize = 9223372036854775807 2 2 | DimSize",
                "DimSize = 4 3 2 | DimSize = 4 0 2 | DimSize",
                "DimSize = 4 3 2 | DimSize = 4 x 2 | DimSize",
                "DimSize = 4 3 2 | Comment = none | DimSize",
                "1 0 0 0 1 0 0 0 1 | 1 0 0 0 1 0 0 NaN 1 | TransformMatrix",
                "1 0 0 0 1 0 0 0 1 | 1 0 0 0 1 0 0 Infinity 1 | TransformMatrix",
                "1 0 0 0 1 0 0 0 1 | 1 0 0 1 0 0 0 0 1 | TransformMatrix",
                "1 0 0 0 1 0 0 0 1 | 1 0 0 0 1 0 | TransformMatrix",
                "TransformMatrix = 1 0 0 0 1 0 0 0 1 | AnatomicalOrientation = RRS | AnatomicalOrientation",
                "Offset = 10 20 30 | Offset = 10 20 -Infinity | Offset",
                "ElementSpacing = 2 3 4 | ElementSpacing = 2 0 4 | ElementSpacing",
                "ElementSpacing = 2 3 4 | ElementSpacing = 2 -3 4 | ElementSpacing",
                "MET_SHORT | MET_SHORT_ARRAY | ElementType",
                "MET_SHORT | MET_SHORT;ElementNumberOfChannels = 3 | ElementNumberOfChannels",
                "BinaryData = True | BinaryData = False | BinaryData",
                "BinaryData = True | BinaryData = perhaps | BinaryData",
                "CompressedData = False | CompressedData = True | zlib data",
                "DimSize | HeaderSize = -2;DimSize | HeaderSize",
                "DimSize | HeaderSize = 99999999999;DimSize | HeaderSize",
                "DimSize | ElementToIntensityFunctionSlope = 0;DimSize | ElementToIntensityFunctionSlope",
                "DimSize | DistanceUnits = furlong;DimSize | DistanceUnits",
                "NDims = 3 | NDims = 3;NDims = 3 | NDims",
                "LOCAL | ../secret.raw | ElementDataFile",
                "LOCAL | /etc/passwd | ElementDataFile",
                "LOCAL | absent.raw | ElementDataFile",
                "LOCAL | link.raw | ElementDataFile",
                "LOCAL | LIST | ElementDataFile",
                "LOCAL | slice%03d.raw 1 9 1 | ElementDataFile",
            })
    void refusedByField(String from, String to, String field) throws IOException {
        Files.write(directory.resolve("secret.raw"), ramp(ByteOrder.LITTLE_ENDIAN));
        Path inside = Files.createDirectory(directory.resolve("inside"));
        Files.createSymbolicLink(inside.resolve("link.raw"), directory.resolve("secret.raw"));
        String header = HEADER.replace(from, to.replace(';', '\n'));
        Path file = Files.write(inside.resolve("bad.mha"), join(header, ramp(ByteOrder.LITTLE_ENDIAN)));
        assertEquals(field, Hostile.refused(file).field());
    }

    @Test
    void zlibThatExpandsPastTheSizesOrEndsBefore() throws IOException {
        String header = HEADER.replace("CompressedData = False", "CompressedData = True");
        assertTrue(Hostile.refused(mha(header, zlib(new byte[100 << 20])))
                .getMessage()
                .contains("goes on"));
        String longer = header.replace("DimSize = 4 3 2", "DimSize = 1024 1024 500");
        Path early = mha(longer, zlib(ramp(ByteOrder.LITTLE_ENDIAN)));
        assertThrows(TruncatedFileException.class, () -> Volumes.read(early));
    }

    @Test
    void overlongHeaders() throws IOException {
        for (String more : List.of("x".repeat(20_000_000), "a = b\n".repeat(3_000_000), "\n".repeat(10_000_000))) {
            Path file = Files.writeString(directory.resolve("overlong.mha"), "NDims = 3\n" + more);
            Hostile.refused(file);
        }
    }

    @Test
    void namesThatReadAsPatternsAreNotWritten() {
        LabelMap labels = LabelMap.of(new Shape(1, 1, 1), PLACE, new byte[1]);
        assertThrows(UnsupportedFormatException.class, () -> LabelMaps.write(labels, directory.resolve("at 50%.mhd")));
    }

    @Test
    void somethingElseIsNoMetaImage() throws IOException {
        Path file = Files.writeString(directory.resolve("notes.mha"), "Number of NDims = 3 in this text\n");
        assertThrows(UnsupportedFormatException.class, () -> Volumes.read(file));
    }

    private Path mha(String header, byte[] data) throws IOException {
        return Files.write(directory.resolve("some.mha"), join(header, data));
    }

    private static byte[] join(String header, byte[] data) {
        return Bytes.join(header.getBytes(StandardCharsets.US_ASCII), data);
    }

    private static byte[] ramp(ByteOrder order) {
        ByteBuffer ramp = ByteBuffer.allocate(48).order(order);
        for (int i = 0; i < 24; i++) {
            ramp.putShort((short) i);
        }
        return ramp.array();
    }

    private static byte[] zlib(byte[] content) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (OutputStream out = new DeflaterOutputStream(bytes)) {
            out.write(content);
        }
        return bytes.toByteArray();
    }
}
