// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.nrrd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.efficientsegnet.io.LabelMaps;
import org.efficientsegnet.io.Volumes;
import org.efficientsegnet.io.format.FormatException;
import org.efficientsegnet.io.format.LimitExceededException;
import org.efficientsegnet.io.format.ReadLimits;
import org.efficientsegnet.io.format.ReadOptions;
import org.efficientsegnet.io.format.Scan;
import org.efficientsegnet.io.format.TruncatedFileException;
import org.efficientsegnet.io.format.UnsupportedFormatException;
import org.efficientsegnet.io.format.WriteOptions;
import org.efficientsegnet.io.testing.Bytes;
import org.efficientsegnet.io.testing.Hostile;
import org.efficientsegnet.volume.Geometry;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.Orientation;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Volume;
import org.efficientsegnet.volume.Voxels;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class NrrdFormatTest {

    private static final Path FIXTURES = Path.of("src/test/resources/org/efficientsegnet/io/nrrd");

    /** Two by three by four bytes, 0 to 23. */
    private static final String FIELDS = "type: uchar\ndimension: 3\nsizes: 4 3 2\nencoding: raw\n";

    private static final String PLACE =
            "space: left-posterior-superior\nspace directions: (2,0,0) (0,3,0) (0,0,4)\nspace origin: (10,20,30)\n";

    @TempDir
    Path directory;

    /** Written by ITK 5 (plastimatch) and teem 1.12 (unu) from NIfTI fixtures that nibabel wrote. */
    @ParameterizedTest
    @CsvSource({
        "itk_oblique.nrrd, qform_oblique.nii",
        "teem_big_endian.nrrd, sform_oblique.nii",
        "teem_detached.nhdr, sform_oblique.nii",
    })
    void agreesWithItkAndTeem(String file, String nifti) throws IOException {
        Volume expected = Volumes.read(FIXTURES.resolveSibling("nifti").resolve(nifti));
        Scan scan = Volumes.open(FIXTURES.resolve(file), ReadOptions.DEFAULT);
        assertEquals(List.of(), scan.warnings());
        assertTrue(scan.volume().geometry().isCloseTo(expected.geometry(), 1e-6));
        assertEquals(expected.shape(), scan.volume().shape());
        assertEquals("int16", scan.volume().voxels().typeName());
        for (int i = 0; i < 60; i++) {
            assertEquals(expected.voxels().get(i), scan.volume().voxels().get(i));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "left-posterior-superior, -2, -3, 4, -10, -20, 30",
        "LPS, -2, -3, 4, -10, -20, 30",
        "RAS, 2, 3, 4, 10, 20, 30",
        "left-anterior-superior, -2, 3, 4, -10, 20, 30",
    })
    void spaces(String space, double sx, double sy, double sz, double ox, double oy, double oz) throws IOException {
        String place = PLACE.replace("left-posterior-superior", space);
        Geometry geometry = Volumes.read(nrrd(FIELDS + place)).geometry();
        assertEquals(Geometry.ofAffine(sx, 0, 0, ox, 0, sy, 0, oy, 0, 0, sz, oz), geometry);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "spacings: 2 3 4\n",
                "space: scanner-xyz\nspace directions: (2,0,0) (0,3,0) (0,0,4)\n",
                "space dimension: 3\nspace directions: (2,0,0) (0,3,0) (0,0,4)\n",
            })
    void withoutAPatientSpaceRasIsTakenAndSaid(String place) throws IOException {
        Scan scan = Volumes.open(nrrd(FIELDS + place), ReadOptions.DEFAULT);
        assertEquals(Geometry.of(Orientation.RAS, 2, 3, 4), scan.volume().geometry());
        assertEquals(1, scan.warnings().size());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "# a comment\n",
                "content: \n",
                "kinds: domain domain domain\ncentering: cell cell cell\nthicknesses: NaN NaN 3\n",
                "some key:=some: value\n",
                "space units: \"mm\" \"mm\" \"mm\"\n",
                "measurement frame: (1,0,0) (0,1,0) (0,0,1)\n",
            })
    void whatElseAHeaderHolds(String more) throws IOException {
        Volume volume = Volumes.read(nrrd(FIELDS + PLACE + more));
        assertEquals(23, volume.hu(1, 2, 3));
        assertEquals(Geometry.ofAffine(-2, 0, 0, -10, 0, -3, 0, -20, 0, 0, 4, 30), volume.geometry());
    }

    @Test
    void unitsAndSpacesInsideVectors() throws IOException {
        String place = "space: LPS\nspace units: \"cm\" \"cm\" \"cm\"\n"
                + "space directions: ( 0.2 , 0, 0 ) (0, 0.3, 0) (0,0,0.4)\nspace origin: (1, 2, 3)\n";
        Geometry geometry = Volumes.read(nrrd(FIELDS + place)).geometry();
        assertTrue(geometry.isCloseTo(Geometry.ofAffine(-2, 0, 0, -10, 0, -3, 0, -20, 0, 0, 4, 30), 1e-12));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "1 4 3 2 | none (2,0,0) (0,3,0) (0,0,4)",
                "4 3 2 1 | (2,0,0) (0,3,0) (0,0,4) none",
                "4 1 3 2 | (2,0,0) none (0,3,0) (0,0,4)",
            })
    void furtherAxesOfExtentOne(String sizes, String directions) throws IOException {
        String header = "type: uchar\ndimension: 4\nsizes: " + sizes + "\nencoding: raw\nspace: LPS\nspace directions: "
                + directions + "\nspace origin: (10,20,30)\n";
        Volume volume = Volumes.read(nrrd(header));
        assertEquals(new Shape(2, 3, 4), volume.shape());
        assertEquals(Geometry.ofAffine(-2, 0, 0, -10, 0, -3, 0, -20, 0, 0, 4, 30), volume.geometry());
    }

    @Test
    void detachedDataWithSkips() throws IOException {
        byte[] data = Bytes.join("line one\nline two\nabc".getBytes(StandardCharsets.US_ASCII), ramp());
        Files.write(directory.resolve("data.raw"), data);
        for (String skips : List.of("line skip: 2\nbyte skip: 3\n", "byte skip: -1\n")) {
            String header = "NRRD0005\n" + FIELDS + PLACE + skips + "data file: data.raw\n";
            Scan scan =
                    Volumes.open(Files.writeString(directory.resolve("detached.nhdr"), header), ReadOptions.DEFAULT);
            assertEquals(23, scan.volume().hu(1, 2, 3));
            assertEquals(2, scan.provenance().files().size());
        }
    }

    /** As pynrrd and Teem take it: the voxels are the last bytes of what is decompressed. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 352, 100_000})
    void gzipOfWhichTheLastBytesAreTheVoxels(int before) throws IOException {
        byte[] data = Bytes.gzip(Bytes.join(new byte[before], ramp()));
        String fields = FIELDS.replace("raw", "gzip") + PLACE + "byte skip: -1\n";
        Path attached = Files.write(directory.resolve("attached.nrrd"), Bytes.join(header(fields), data));
        assertEquals(23, Volumes.read(attached).hu(1, 2, 3));
        Files.write(directory.resolve("data.raw.gz"), Bytes.join("a line\n".getBytes(StandardCharsets.US_ASCII), data));
        Path detached = Files.writeString(
                directory.resolve("detached.nhdr"), "NRRD0005\n" + fields + "line skip: 1\ndata file: data.raw.gz\n");
        assertEquals(23, Volumes.read(detached).hu(1, 2, 3));
        assertEquals(0, Volumes.read(detached).hu(0, 0, 0));
    }

    @Test
    void gzipWithTooLittleOrTooMuchBeforeTheVoxelsIsRefused() throws IOException {
        String fields = FIELDS.replace("raw", "gzip") + PLACE + "byte skip: -1\n";
        Path little =
                Files.write(directory.resolve("little.nrrd"), Bytes.join(header(fields), Bytes.gzip(new byte[23])));
        assertThrows(TruncatedFileException.class, () -> Volumes.read(little));
        Path much = Files.write(
                directory.resolve("much.nrrd"), Bytes.join(header(fields), Bytes.gzip(new byte[100 << 20])));
        ReadOptions options = ReadOptions.DEFAULT.withLimits(ReadLimits.DEFAULT.withMaxHeaderBytes(1 << 20));
        assertThrows(LimitExceededException.class, () -> Volumes.read(much, options));
        Path both = Files.write(
                directory.resolve("both.nrrd.gz"), Bytes.gzip(Bytes.join(header(fields), Bytes.gzip(ramp()))));
        assertEquals("byte skip", Hostile.refused(both).field());
    }

    @ParameterizedTest
    @ValueSource(strings = {"LIST", "LIST 2"})
    void aListOfDataFilesIsRefusedByName(String list) throws IOException {
        String header = "NRRD0005\n" + FIELDS + PLACE + "data file: " + list + "\na.raw\nb.raw\n";
        Path file = Files.writeString(directory.resolve("list.nhdr"), header);
        FormatException e = assertThrows(UnsupportedFormatException.class, () -> Volumes.read(file));
        assertTrue(e.getMessage().contains("data split over several files"), e.getMessage());
    }

    @Test
    void wholeFileInGzip() throws IOException {
        Path plain = nrrd(FIELDS + PLACE);
        Path packed = Files.write(directory.resolve("packed.nrrd.gz"), Bytes.gzip(Files.readAllBytes(plain)));
        assertEquals(23, Volumes.read(packed).hu(1, 2, 3));
        Path both = Files.write(
                directory.resolve("both.nrrd.gz"),
                Bytes.gzip(Bytes.join(header(FIELDS.replace("raw", "gzip") + PLACE), Bytes.gzip(ramp()))));
        assertEquals(23, Volumes.read(both).hu(1, 2, 3));
    }

    static List<Orientation> orientations() {
        return Orientation.all();
    }

    @ParameterizedTest
    @MethodSource("orientations")
    void writtenLabelsComeBackWithNames(Orientation orientation) throws IOException {
        byte[] labels = ramp();
        Geometry geometry = Geometry.of(orientation, 0.7, 0.8, 2.5);
        Path file = directory.resolve("labels.seg.nrrd");
        LabelMaps.write(
                new LabelMap(
                        new Shape(2, 3, 4),
                        geometry,
                        labels,
                        new TreeMap<>(Map.of(1, "liver", 4, "pancreas\nand more"))),
                file);
        LabelMap back = LabelMaps.read(file);
        assertEquals(geometry, back.geometry());
        assertArrayEquals(labels, back.labels());
        assertEquals(Map.of(1, "liver", 4, "pancreas and more"), back.names());
    }

    @Test
    void writtenVolumesAreHu() throws IOException {
        Geometry geometry = Geometry.ofAffine(0.7, 0.1, 0, -10.123456789, -0.1, 0.7, 0, 20.2, 0, 0, 1.25, 1e-3);
        short[] stored = new short[24];
        for (int i = 0; i < stored.length; i++) {
            stored[i] = (short) (i * 100);
        }
        Path file = directory.resolve("v.nrrd");
        Volumes.write(
                new Volume(new Shape(2, 3, 4), geometry, new Voxels.Shorts(stored, true), 1, -1024),
                file,
                WriteOptions.DEFAULT);
        Volume back = Volumes.read(file);
        assertEquals("int16", back.voxels().typeName());
        assertEquals(2300 - 1024, back.hu(1, 2, 3));
        assertEquals(geometry, back.geometry());
        Volumes.write(
                new Volume(new Shape(2, 3, 4), geometry, new Voxels.Shorts(stored, true), 0.25, 0.5),
                file,
                WriteOptions.DEFAULT);
        assertEquals("float32", Volumes.read(file).voxels().typeName());
        assertEquals(575.5, Volumes.read(file).hu(1, 2, 3));
    }

    @ParameterizedTest
    @ValueSource(strings = {"itk_oblique.nrrd", "teem_big_endian.nrrd"})
    void truncatedAtEveryByte(String name) throws IOException {
        byte[] whole = Files.readAllBytes(FIXTURES.resolve(name));
        for (int length = 0; length < whole.length; length++) {
            Hostile.refused(Hostile.write(directory.resolve("cut.nrrd"), Arrays.copyOf(whole, length)));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"itk_oblique.nrrd", "teem_big_endian.nrrd"})
    void everyByteChanged(String name) throws IOException {
        byte[] whole = Files.readAllBytes(FIXTURES.resolve(name));
        int refused = Hostile.everyByteChanged(whole, whole.length, directory.resolve("changed.nrrd"), '\n', '9');
        assertTrue(refused > 100, refused + " were refused");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "sizes: 4 3 2 | sizes: 4 3 3 | voxel data",
                "sizes: 4 3 2 | sizes: 4 3 1 | voxel data",
                "sizes: 4 3 2 | sizes: 65536 65536 65536 | sizes",
                "sizes: 4 3 2 | sizes: 9223372036854775807 3 2 | sizes",
                "sizes: 4 3 2 | sizes: 92233720368547758070 3 2 | sizes",
                "sizes: 4 3 2 | sizes: 1024 1024 1024 | voxel data",
                "sizes: 4 3 2 | sizes: 0 3 2 | sizes",
                "sizes: 4 3 2 | sizes: -4 3 2 | sizes",
                "sizes: 4 3 2 | sizes: 4 3 | sizes",
                "dimension: 3 | dimension: 2 | dimension",
                "dimension: 3 | dimension: 4 | sizes",
                "dimension: 3 | dimension: 2000000000 | dimension",
                "dimension: 3 | dimension: x | dimension",
                "type: uchar | type: block | type",
                "type: uchar | type: short | endian",
                "encoding: raw | encoding: bzip2 | encoding",
                "encoding: raw | encoding: hex | encoding",
                "encoding: raw | encoding: gzip | gzip header",
                "encoding: raw | content: nothing | encoding",
                "space: left-posterior-superior | space: left-posterior-superior-time | space",
                "(2,0,0) | (NaN,0,0) | space directions",
                "(2,0,0) | (Infinity,0,0) | space directions",
                "(2,0,0) | (0,0,0) | space directions",
                "(2,0,0) | (0,3,0) | space directions",
                "(2,0,0) | (2,0) | space directions",
                "(2,0,0) | none | space directions",
                "(10,20,30) | (10,nan,30) | space origin",
                "encoding: raw | encoding: raw;byte skip: -2 | byte skip",
                "encoding: raw | encoding: raw;byte skip: 999999999999 | byte skip",
                "encoding: raw | encoding: raw;line skip: 1000 | line skip",
                "encoding: raw | encoding: raw;encoding: raw | encoding",
                "encoding: raw | encoding: raw;data file: ../secret.raw | data file",
                "encoding: raw | encoding: raw;data file: /etc/passwd | data file",
                "encoding: raw | encoding: raw;data file: . | data file",
                "encoding: raw | encoding: raw;data file: absent.raw | data file",
                "encoding: raw | encoding: raw;data file: link.raw | data file",
                "encoding: raw | encoding: raw;data file: LIST | data file",
                "encoding: raw | encoding: raw;data file: slice%03d.raw 1 9 1 | data file",
                "encoding: raw | encoding raw | header",
            })
    void refusedByField(String from, String to, String field) throws IOException {
        Files.write(directory.resolve("secret.raw"), ramp());
        Path inside = Files.createDirectory(directory.resolve("inside"));
        Files.createSymbolicLink(inside.resolve("link.raw"), directory.resolve("secret.raw"));
        String header = (FIELDS + PLACE).replace(from, to.replace(';', '\n'));
        Path file = Files.write(inside.resolve("bad.nrrd"), Bytes.join(header(header), ramp()));
        assertEquals(field, Hostile.refused(file).field());
    }

    static Stream<Arguments> overlong() {
        String spaces = " ".repeat(1_000_000);
        return Stream.of(
                Arguments.of("one endless line", "x".repeat(20_000_000), "header"),
                Arguments.of("endless lines", "a:=b\n".repeat(4_000_000), "header"),
                Arguments.of("fields without end", numbered(2_000_000), "header"),
                Arguments.of("many sizes", "dimension: 3\ntype: uchar\nsizes:" + " 1".repeat(500_000), "sizes"),
                Arguments.of("a long number", "dimension: " + "9".repeat(1_000_000), "dimension"),
                Arguments.of("spaces in vectors", FIELDS + "space directions: (2," + spaces, "space directions"),
                Arguments.of("vectors", FIELDS + "space directions:" + " (".repeat(400_000), "space directions"),
                Arguments.of("numbers", FIELDS + "space directions: (" + "1,".repeat(400_000), "space directions"),
                Arguments.of("a space", FIELDS + "space: " + "s".repeat(1_000_000), "space"));
    }

    private static String numbered(int count) {
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < count; i++) {
            lines.append(i).append(": \n");
        }
        return lines.toString();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("overlong")
    void overlongHeaders(String what, String fields, String field) throws IOException {
        Path file = Files.write(directory.resolve("overlong.nrrd"), header(fields));
        FormatException e = Hostile.refused(file);
        assertEquals(field, e.field());
        assertTrue(e.getMessage().length() < 1000, e.getMessage().length() + " characters of message");
    }

    @Test
    void headerBeyondTheLimit() throws IOException {
        Path file = Files.write(directory.resolve("long.nrrd"), header("# comment\n".repeat(100) + FIELDS + PLACE));
        ReadOptions options = ReadOptions.DEFAULT.withLimits(ReadLimits.DEFAULT.withMaxHeaderBytes(1000));
        assertThrows(LimitExceededException.class, () -> Volumes.read(file, options));
    }

    @Test
    void gzipThatExpandsPastTheSizes() throws IOException {
        byte[] header = header(FIELDS.replace("raw", "gzip") + PLACE);
        Path file = Files.write(directory.resolve("bomb.nrrd"), Bytes.join(header, Bytes.gzip(new byte[100 << 20])));
        assertTrue(Hostile.refused(file).getMessage().contains("goes on"));
    }

    @Test
    void gzipThatEndsEarly() throws IOException {
        byte[] header = header(FIELDS.replace("raw", "gzip").replace("4 3 2", "1024 1024 1000") + PLACE);
        Path file = Files.write(directory.resolve("short.nrrd"), Bytes.join(header, Bytes.gzip(ramp())));
        assertThrows(TruncatedFileException.class, () -> Volumes.read(file));
    }

    @Test
    void versionsFromTheFuture() throws IOException {
        Path file = Files.writeString(directory.resolve("future.nrrd"), "NRRD0006\n" + FIELDS);
        FormatException e = Hostile.refused(file);
        assertTrue(e instanceof UnsupportedFormatException, e.toString());
    }

    private Path nrrd(String fields) throws IOException {
        return Files.write(directory.resolve("some.nrrd"), Bytes.join(header(fields), ramp()));
    }

    private static byte[] header(String fields) {
        return ("NRRD0004\n" + fields + "\n").getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] ramp() {
        byte[] ramp = new byte[24];
        for (int i = 0; i < ramp.length; i++) {
            ramp[i] = (byte) i;
        }
        return ramp;
    }
}
