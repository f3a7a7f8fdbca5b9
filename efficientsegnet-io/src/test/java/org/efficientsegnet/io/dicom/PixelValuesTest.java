// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.efficientsegnet.io.Volumes;
import org.efficientsegnet.io.dicom.SyntheticSeries.Change;
import org.efficientsegnet.io.dicom.dataset.DataSet;
import org.efficientsegnet.io.dicom.dataset.Tag;
import org.efficientsegnet.io.format.FormatException;
import org.efficientsegnet.io.format.ReadOptions;
import org.efficientsegnet.io.format.Scan;
import org.efficientsegnet.volume.Axis;
import org.efficientsegnet.volume.Volume;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of padding, of bytes after the pixels, and of attributes that are not as they should be. */
class PixelValuesTest {

    private static final int PIXELS = SyntheticSeries.ROWS * SyntheticSeries.COLUMNS;

    @TempDir
    Path directory;

    private Scan read() throws IOException {
        return Volumes.open(directory, ReadOptions.DEFAULT);
    }

    private static byte[] words(int count, int first, int value) {
        ByteBuffer bytes = ByteBuffer.allocate(2 * count).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < count; i++) {
            bytes.putShort((short) (i == 0 ? first : value));
        }
        return bytes.array();
    }

    /** Series whose first pixel is padding and all others 1100. */
    private void writePadded(int padding, int word, int bits, int representation, double slope, double intercept)
            throws IOException {
        for (int z = 0; z < 3; z++) {
            DataSet.Builder slice = SyntheticSeries.slice(z)
                    .integers(Tag.PIXEL_REPRESENTATION, representation)
                    .integers(Tag.BITS_STORED, bits)
                    .integers(Tag.HIGH_BIT, bits - 1)
                    .integers(Tag.PIXEL_PADDING_VALUE, padding)
                    .decimals(Tag.RESCALE_SLOPE, slope)
                    .decimals(Tag.RESCALE_INTERCEPT, intercept);
            SyntheticSeries.write(directory.resolve("s" + z), slice, words(PIXELS, word, 1100));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "65535, 65535, 16, 0, 1, 0",
        "65535, 65535, 16, 0, 1, -1000",
        "65535, 65535, 16, 0, 1, -1024",
        "0, 0, 12, 0, 1, 0",
        "4095, 4095, 12, 0, 1, -500",
        "63536, 63536, 16, 1, 1, 0",
        "63536, 63536, 16, 1, 1, 33000",
        "65535, 65535, 16, 0, 0.5, -1000",
        "65535, 65535, 16, 0, -1, 0"
    })
    void paddingIsAirWhateverTheStoredValuesCanHold(
            int padding, int word, int bits, int representation, double slope, double intercept) throws IOException {
        writePadded(padding, word, bits, representation, slope, intercept);
        Scan scan = read();
        assertEquals(-1024, scan.volume().hu(1, 0, 0));
        assertEquals(slope * 1100 + intercept, scan.volume().hu(1, 2, 3));
        assertEquals(List.of(), scan.warnings());
    }

    @Test
    void storedValuesAreKeptWhereTheyHoldAir() throws IOException {
        writePadded(65535, 65535, 16, 0, 1, -1024);
        assertEquals(-1024, read().volume().intercept());
        assertEquals("uint16", read().volume().voxels().typeName());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1000, -1024})
    void whatATiltedGantryDidNotImageIsAir(int intercept) throws IOException {
        SyntheticSeries.write(
                directory,
                6,
                (z, slice) -> slice.integers(Tag.PIXEL_REPRESENTATION, 0)
                        .decimals(Tag.RESCALE_INTERCEPT, intercept)
                        .decimals(Tag.IMAGE_POSITION_PATIENT, 0, 1.2 * z, 5.0 * z));
        Volume volume = read().volume();
        float least = Float.POSITIVE_INFINITY;
        for (int i = 0; i < volume.shape().arrayLength(); i++) {
            least = Math.min(least, (float) (volume.slope() * volume.voxels().get(i) + volume.intercept()));
        }
        assertEquals(-1024, least);
        assertTrue(volume.shape().y() > SyntheticSeries.ROWS);
    }

    @Test
    void aPaddingWordBesideTheStoredBitsIsPaddingWithARemark() throws IOException {
        writePadded(63536, 63536, 12, 0, 1, -1024);
        Scan scan = read();
        assertEquals(-1024, scan.volume().hu(0, 0, 0));
        assertEquals(1100 - 1024, scan.volume().hu(0, 2, 3));
        assertEquals(1, scan.warnings().size());
        assertTrue(scan.warnings().get(0).contains("Pixel Padding Value"), scan.warnings()::toString);
    }

    @Test
    void bitsBesideTheStoredOnesThatAreNoPaddingAreDropped() throws IOException {
        writePadded(63536, 0xf123, 12, 0, 1, -1024);
        Scan scan = read();
        assertEquals(0x123 - 1024, scan.volume().hu(0, 0, 0));
        assertEquals(List.of(), scan.warnings());
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 18, 60, 94})
    void bytesAfterThePixelsAreNoPartOfThem(int excess) throws IOException {
        for (int z = 0; z < 3; z++) {
            byte[] more = Arrays.copyOf(SyntheticSeries.pixels(z), 2 * PIXELS + excess);
            SyntheticSeries.write(directory.resolve("s" + z), SyntheticSeries.slice(z), more);
        }
        Scan scan = read();
        assertEquals(SyntheticSeries.stored(2, 5, 7) - 1024, scan.volume().hu(2, 5, 7));
        assertEquals(1, scan.warnings().size());
        assertTrue(scan.warnings().get(0).contains(excess + " bytes after the pixels"), scan.warnings()::toString);
    }

    @Test
    void aFrameThatWasNotDeclaredIsRefused() throws IOException {
        for (int z = 0; z < 3; z++) {
            byte[] more = Arrays.copyOf(SyntheticSeries.pixels(z), 4 * PIXELS);
            SyntheticSeries.write(directory.resolve("s" + z), SyntheticSeries.slice(z), more);
        }
        FormatException e = assertThrows(FormatException.class, this::read);
        assertTrue(e.getMessage().contains("more than"), e.getMessage());
    }

    @ParameterizedTest
    @ValueSource(strings = {"MGML", "US", "HU_MOD", "OD"})
    void aMapOfAnotherKindIsRemarkedUpon(String type) throws IOException {
        SyntheticSeries.write(directory, 3, Change.always(slice -> slice.text(Tag.RESCALE_TYPE, type)));
        Scan scan = read();
        assertEquals(1, scan.warnings().size());
        assertTrue(scan.warnings().get(0).contains("Rescale Type is " + type), scan.warnings()::toString);
    }

    @Test
    void hounsfieldUnitsAreNoRemark() throws IOException {
        SyntheticSeries.write(directory, 3, Change.always(slice -> slice.text(Tag.RESCALE_TYPE, "HU")));
        assertEquals(List.of(), read().warnings());
    }

    @ParameterizedTest
    @CsvSource({
        "0x00180050, thick, Slice Thickness",
        "0x00180050, 5\\5, Slice Thickness",
        "0x00180050, '1,000', Slice Thickness",
        "0x00180088, wide, Spacing Between Slices",
        "0x00200012, A1, Acquisition Number",
        "0x00200013, A1, Instance Number"
    })
    void attributesThatAreNotNeededMayBeMalformed(String tag, String value, String name) throws IOException {
        SyntheticSeries.write(directory, 3, Change.always(slice -> slice.text(Integer.decode(tag), value)));
        Scan scan = read();
        assertEquals(SyntheticSeries.stored(2, 5, 7) - 1024, scan.volume().hu(2, 5, 7));
        assertEquals(5, scan.volume().geometry().spacing(Axis.Z), 1e-9);
        assertEquals(1, scan.warnings().size(), scan.warnings()::toString);
        assertTrue(scan.warnings().get(0).contains(name), scan.warnings()::toString);
    }

    @ParameterizedTest
    @CsvSource({
        "0x00280030, '2,5\\2,5', 2.5",
        "0x00280030, '0,750\\0,750', 0.75",
        "0x00180050, '5,0', 1",
        "0x00280030, '+2,5e0\\2.5', 2.5"
    })
    void aDecimalCommaIsUnderstoodWithARemark(String tag, String value, double spacing) throws IOException {
        SyntheticSeries.write(directory, 3, Change.always(slice -> slice.text(Integer.decode(tag), value)));
        Scan scan = read();
        assertEquals(spacing, scan.volume().geometry().spacing(Axis.X), 1e-9);
        assertEquals(1, scan.warnings().size(), scan.warnings()::toString);
        assertTrue(scan.warnings().get(0).contains("decimal comma"), scan.warnings()::toString);
    }

    @ParameterizedTest
    @CsvSource({
        "0x00281052, '-1,024', comma",
        "0x00280030, '1,000\\1,000', comma",
        "0x00280030, '1,000,000\\1', comma",
        "0x00280030, '1,5,2\\1', no decimal number",
        "0x00280030, ',5\\1', no decimal number"
    })
    void aCommaThatMayMeanSomethingElseIsRefusedByName(String tag, String value, String message) throws IOException {
        SyntheticSeries.write(directory, 3, Change.always(slice -> slice.text(Integer.decode(tag), value)));
        FormatException e = assertThrows(FormatException.class, this::read);
        assertTrue(e.getMessage().contains(message), e.getMessage());
    }
}
