// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.nifti;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.efficientsegnet.io.LabelMaps;
import org.efficientsegnet.io.ProbabilityMaps;
import org.efficientsegnet.io.Volumes;
import org.efficientsegnet.io.format.ReadOptions;
import org.efficientsegnet.io.format.Scan;
import org.efficientsegnet.io.format.UnsupportedFormatException;
import org.efficientsegnet.io.format.WriteOptions;
import org.efficientsegnet.volume.Geometry;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.Orientation;
import org.efficientsegnet.volume.ProbabilityMap;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Volume;
import org.efficientsegnet.volume.Voxels;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class NiftiWriterTest {

    @TempDir
    Path directory;

    static Stream<String> readable() throws IOException {
        return NiftiFormatTest.expected().map(line -> line.substring(0, line.indexOf(',')));
    }

    @ParameterizedTest
    @MethodSource("readable")
    void labelsKeepTheSourcesGeometryBitForBit(String file) throws IOException {
        Scan scan = Volumes.open(NiftiFormatTest.FIXTURES.resolve(file), ReadOptions.DEFAULT);
        byte[] labels = new byte[60];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = (byte) (i * 37);
        }
        Path written = directory.resolve("labels.nii.gz");
        LabelMaps.write(
                LabelMap.of(scan.volume().shape(), scan.volume().geometry(), labels),
                written,
                WriteOptions.DEFAULT.withSource(scan.provenance()));

        Scan back = Volumes.open(written, ReadOptions.DEFAULT);
        assertEquals(scan.volume().geometry(), back.volume().geometry());
        assertEquals("uint8", back.volume().voxels().typeName());
        assertArrayEquals(labels, LabelMaps.read(written).labels());
        NiftiHeader before = ((NiftiSource) scan.provenance()).header();
        NiftiHeader after = ((NiftiSource) back.provenance()).header();
        assertEquals(before.version, after.version);
        assertEquals(before.qformCode, after.qformCode);
        assertEquals(before.sformCode, after.sformCode);
        assertEquals(before.xyztUnits, after.xyztUnits);
        assertArrayEquals(before.quatern, after.quatern);
        assertArrayEquals(before.qoffset, after.qoffset);
        assertArrayEquals(before.srow, after.srow);
        assertArrayEquals(Arrays.copyOf(before.pixdim, 4), Arrays.copyOf(after.pixdim, 4));
    }

    static List<Orientation> orientations() {
        return Orientation.all();
    }

    @ParameterizedTest
    @MethodSource("orientations")
    void sformAndQformAgreeInEveryOrientation(Orientation orientation) throws IOException {
        Geometry parallel = Geometry.of(orientation, 0.75, 0.8, 2.5);
        double[] a = parallel.affine();
        double[] turned = new double[12];
        double cos = Math.cos(0.3);
        double sin = Math.sin(0.3);
        for (int c = 0; c < 3; c++) {
            turned[c] = cos * a[c] - sin * a[4 + c];
            turned[4 + c] = sin * a[c] + cos * a[4 + c];
            turned[8 + c] = a[8 + c];
        }
        turned[3] = 101.2345678;
        turned[7] = -33.3333333;
        turned[11] = 1234.5678901;
        for (Geometry geometry : List.of(parallel, Geometry.ofAffine(turned))) {
            Path written = directory.resolve("labels.nii");
            LabelMaps.write(LabelMap.of(new Shape(3, 4, 5), geometry, new byte[60]), written);
            Scan sform = Volumes.open(written, ReadOptions.DEFAULT);
            assertEquals(List.of(), sform.warnings());
            assertTrue(sform.volume().geometry().isCloseTo(geometry, 1e-4));

            byte[] bytes = Files.readAllBytes(written);
            bytes[254] = 0;
            Geometry qform = Volumes.read(Files.write(written, bytes)).geometry();
            assertTrue(qform.isCloseTo(geometry, 1e-4), qform + " is not " + geometry);
        }
    }

    @ParameterizedTest
    @EnumSource(NiftiVersion.class)
    void volumesOfEveryType(NiftiVersion version) throws IOException {
        Shape shape = new Shape(7, 11, 13);
        Geometry geometry = Geometry.ofAffine(0.7, 0.1, 0, -10.1, -0.1, 0.7, 0, 20.2, 0, 0, 1.25, 1e-3);
        int n = shape.arrayLength();
        byte[] bytes = new byte[n];
        short[] shorts = new short[n];
        int[] ints = new int[n];
        float[] floats = new float[n];
        for (int i = 0; i < n; i++) {
            bytes[i] = (byte) (i * 31);
            shorts[i] = (short) (i * 7919);
            ints[i] = i * 40_503_217;
            floats[i] = (float) Math.sin(i);
        }
        List<Voxels> all = List.of(
                new Voxels.Bytes(bytes, true),
                new Voxels.Bytes(bytes, false),
                new Voxels.Shorts(shorts, true),
                new Voxels.Shorts(shorts, false),
                new Voxels.Ints(ints, true),
                new Voxels.Ints(ints, false),
                new Voxels.Floats(floats));
        for (Voxels voxels : all) {
            for (String name : List.of("v.nii", "v.nii.gz")) {
                Path file = directory.resolve(name);
                NiftiWriter.write(new Volume(shape, geometry, voxels, 0.5, -1024), file, WriteOptions.DEFAULT, version);
                Scan back = Volumes.open(file, ReadOptions.DEFAULT);
                assertEquals(version.toString(), back.provenance().format());
                assertEquals(voxels.typeName(), back.volume().voxels().typeName());
                assertEquals(0.5, back.volume().slope());
                assertEquals(-1024, back.volume().intercept());
                assertTrue(back.volume().geometry().isCloseTo(geometry, version == NiftiVersion.NIFTI_2 ? 0 : 1e-6));
                for (int i = 0; i < n; i++) {
                    assertEquals(voxels.get(i), back.volume().voxels().get(i));
                }
            }
        }
    }

    /** What nibabel reads of it is checked by hand: intent "label", two labels in the extension of code 30. */
    @ParameterizedTest
    @ValueSource(strings = {"labels.nii", "labels.nii.gz"})
    void labelsCarryNamesAndColours(String name) throws IOException {
        Geometry geometry = Geometry.of(Orientation.of("LPS"), 1, 2, 3);
        SortedMap<Integer, String> names = new TreeMap<>(Map.of(1, "liver", 7, "a <b> & ]]> c"));
        LabelMap labels = new LabelMap(new Shape(1, 1, 3), geometry, new byte[] {1, 7, 0}, names);
        Path file = directory.resolve(name);
        LabelMaps.write(labels, file);
        LabelMap back = LabelMaps.read(file);
        assertArrayEquals(labels.labels(), back.labels());
        assertEquals("liver", back.names().get(1));
        assertEquals("a <b> & ]] > c", back.names().get(7));
        if (!name.endsWith(".gz")) {
            ByteBuffer header = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
            assertEquals(1002, header.getShort(68));
            assertEquals(7, header.getFloat(124));
            assertEquals(1, header.get(348));
            assertEquals(30, header.getInt(356));
            assertEquals(352 + header.getInt(352), header.getFloat(108));
            assertEquals(0, header.getInt(352) % 16);
        }
    }

    @Test
    void anExtensionThatMakesNoSenseIsPassedOver() throws IOException {
        Path file = directory.resolve("labels.nii");
        SortedMap<Integer, String> names = new TreeMap<>(Map.of(1, "liver"));
        Geometry geometry = Geometry.of(Orientation.of("RAS"), 1, 1, 1);
        LabelMaps.write(new LabelMap(new Shape(1, 1, 1), geometry, new byte[] {1}, names), file);
        byte[] bytes = Files.readAllBytes(file);
        for (int at = 352; at < bytes.length - 1; at += 3) {
            byte[] damaged = bytes.clone();
            damaged[at] ^= 0x55;
            Files.write(file, damaged);
            assertEquals(1, LabelMaps.read(file).labels()[0]);
        }
    }

    /** What nibabel reads of it is checked by hand: intent "estimate" by the organ's name, values from 0 to 1. */
    @ParameterizedTest
    @CsvSource({"map.nii, 5, 68, 328, 148, 124", "map.nii.gz, 40000, 504, 508, 240, 192"})
    void aProbabilityMapSaysWhatItIs(String name, int nx, int intentAt, int nameAt, int descriptionAt, int greatestAt)
            throws IOException {
        Shape shape = new Shape(1, 2, nx);
        byte[] values = new byte[shape.arrayLength()];
        values[3] = (byte) 128;
        values[4] = (byte) 255;
        Geometry geometry = Geometry.of(Orientation.of("LPS"), 0.7, 0.8, 2.5);
        ProbabilityMap map = new ProbabilityMap(shape, geometry, values, 3, "inferior vena cava");
        Path file = directory.resolve(name);
        ProbabilityMaps.write(map, file, WriteOptions.DEFAULT);
        ByteBuffer header;
        try (InputStream in =
                name.endsWith(".gz") ? new GZIPInputStream(Files.newInputStream(file)) : Files.newInputStream(file)) {
            header = ByteBuffer.wrap(in.readNBytes(544)).order(ByteOrder.LITTLE_ENDIAN);
        }
        boolean first = header.getInt(0) == 348;
        assertEquals(nx < 32768, first);
        assertEquals(1001, first ? header.getShort(intentAt) : header.getInt(intentAt));
        assertEquals("inferior vena c", text(header, nameAt, 16));
        assertEquals("probability of inferior vena cava", text(header, descriptionAt, 80));
        assertEquals(1, first ? header.getFloat(greatestAt) : header.getDouble(greatestAt));
        Volume back = Volumes.read(file);
        assertEquals(0, back.hu(0, 0, 0));
        assertEquals(128 / 255.0, back.hu(0, 0, 3), 1e-7);
        assertEquals(1, back.hu(0, 0, 4), 1e-7);
        assertTrue(back.geometry().isCloseTo(geometry, 1e-6));
        assertThrows(
                UnsupportedFormatException.class,
                () -> ProbabilityMaps.write(map, directory.resolve("map.png"), WriteOptions.DEFAULT));
    }

    private static String text(ByteBuffer header, int at, int length) {
        byte[] bytes = new byte[length];
        header.get(at, bytes);
        return new String(bytes, StandardCharsets.US_ASCII).replace("\0", "");
    }
}
