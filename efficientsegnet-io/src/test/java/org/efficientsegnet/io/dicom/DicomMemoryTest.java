// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.efficientsegnet.io.format.FormatException;
import org.efficientsegnet.io.format.LimitExceededException;
import org.efficientsegnet.io.format.ReadLimits;
import org.efficientsegnet.io.format.ReadOptions;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.Volume;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Series that are in memory give what they give in files. */
class DicomMemoryTest {

    @TempDir
    private Path folder;

    /** The files' content in another order, as whole arrays, parts of arrays and direct buffers by turns. */
    private List<ByteBuffer> inMemory() throws IOException {
        List<ByteBuffer> buffers = new ArrayList<>();
        try (var files = Files.list(folder.resolve("ct"))) {
            for (Path file : files.sorted().toList()) {
                byte[] bytes = Files.readAllBytes(file);
                ByteBuffer padded = ByteBuffer.allocate(bytes.length + 9).position(4);
                buffers.add(
                        switch (buffers.size() % 3) {
                            case 0 -> ByteBuffer.wrap(bytes);
                            case 1 -> padded.put(bytes).limit(padded.position()).position(4);
                            default ->
                                ByteBuffer.allocateDirect(bytes.length)
                                        .put(bytes)
                                        .flip();
                        });
            }
        }
        Collections.shuffle(buffers, new Random(3));
        return buffers;
    }

    @Test
    void aSeriesInMemoryIsReadAsFromFiles() throws IOException {
        SyntheticSeries.write(folder.resolve("ct"), 7);
        Volume expected =
                DicomSeries.choose(folder.resolve("ct"), ReadOptions.DEFAULT).read();
        DicomSeries series = DicomSeries.choose(inMemory(), ReadOptions.DEFAULT);
        Volume volume = series.read();
        assertEquals(expected.shape(), volume.shape());
        assertEquals(expected.geometry(), volume.geometry());
        assertArrayEquals(hu(expected), hu(volume));
        assertEquals(List.of(), series.files());
    }

    private static float[] hu(Volume volume) {
        float[] values = new float[volume.voxels().length()];
        volume.voxels().copyTo(0, 1, values, 0, values.length);
        return values;
    }

    @Test
    void aSegmentationGoesToAStream() throws IOException {
        SyntheticSeries.write(folder.resolve("ct"), 4);
        DicomSeries inFiles = DicomSeries.choose(folder.resolve("ct"), ReadOptions.DEFAULT);
        DicomSeries series = DicomSeries.choose(inMemory(), ReadOptions.DEFAULT);
        Volume volume = series.read();
        byte[] labels = new byte[volume.shape().arrayLength()];
        labels[40] = 1;
        LabelMap map = new LabelMap(volume.shape(), volume.geometry(), labels, new TreeMap<>(Map.of(1, "liver")));
        DicomSeg.Options options = DicomSeg.Options.DEFAULT.reproducible(LocalDateTime.of(2021, 2, 3, 4, 5, 6));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        DicomSeg.write(map, series, out, options);
        Path file = folder.resolve("labels.dcm");
        DicomSeg.write(map, inFiles, file, options);
        assertArrayEquals(Files.readAllBytes(file), out.toByteArray());
    }

    @Test
    void whatIsWrongIsNamedByNumber() throws IOException {
        SyntheticSeries.write(folder.resolve("ct"), 3);
        List<ByteBuffer> buffers = inMemory();
        ByteBuffer second = buffers.get(1);
        buffers.set(1, second.slice(second.position(), second.remaining() - 11));
        String message = assertThrows(
                        FormatException.class,
                        () -> DicomSeries.choose(buffers, ReadOptions.DEFAULT).read())
                .getMessage();
        assertTrue(message.contains("instance-00002"), message);
        String none = assertThrows(FormatException.class, () -> DicomSeries.find(List.of(), ReadOptions.DEFAULT))
                .getMessage();
        assertTrue(none.contains("instances") && !none.contains("folder"), none);
        ReadOptions two = ReadOptions.DEFAULT.withLimits(ReadLimits.DEFAULT.withMaxFiles(2));
        assertThrows(LimitExceededException.class, () -> DicomSeries.find(buffers, two));
    }
}
