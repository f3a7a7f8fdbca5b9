// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Reads what other programs wrote; {@link TorchCheckpointAttackTest} has what nobody should write. */
class TorchCheckpointTest {

    @TempDir
    private Path directory;

    private Path resource(String name) throws IOException {
        Path file = directory.resolve(Path.of(name).getFileName());
        try (InputStream in = TorchCheckpointTest.class.getResourceAsStream(name)) {
            Files.copy(in, file);
        }
        return file;
    }

    private static void assertSame(Safetensors expected, TorchCheckpoint checkpoint) {
        Map<String, Tensor> tensors = checkpoint.weights().tensors();
        assertEquals(expected.names(), List.copyOf(tensors.keySet()));
        for (String name : expected.names()) {
            assertArrayEquals(expected.shape(name), tensors.get(name).shape(), name);
            assertArrayEquals(
                    bits(expected.tensor(name).values()), bits(tensors.get(name).values()), name);
        }
    }

    private static int[] bits(float[] values) {
        int[] bits = new int[values.length];
        for (int i = 0; i < bits.length; i++) {
            bits[i] = Float.floatToRawIntBits(values[i]);
        }
        return bits;
    }

    @Test
    void readsThePublishedLayoutBitForBit() throws IOException {
        Path file = resource("/golden/checkpoint_efficientsegnet.pt");
        TorchCheckpoint checkpoint = TorchCheckpoint.read(file);
        assertSame(Safetensors.read(resource("/golden/checkpoint_efficientsegnet.safetensors")), checkpoint);
        assertEquals(OptionalLong.of(7), checkpoint.epoch());
        assertEquals(OptionalDouble.of(1e-3), checkpoint.learningRate());
    }

    @Test
    @Tag("shared")
    void readsTheCoarseCheckpointBitForBit() throws IOException {
        Path golden = Path.of(System.getProperty("efficientsegnet.shared"), "golden");
        assertSame(
                Safetensors.read(golden.resolve("checkpoint_coarse_unet.safetensors")),
                TorchCheckpoint.read(golden.resolve("checkpoint_coarse_unet.pt")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"variants.pt", "variants_legacy.pt"})
    void readsViewsSharedStoragesAndEveryType(String name) throws IOException {
        TorchCheckpoint checkpoint = TorchCheckpoint.read(resource(name));
        assertSame(Safetensors.read(resource("variants.safetensors")), checkpoint);
        assertEquals(OptionalLong.of(1L << 33), checkpoint.epoch());
        assertEquals(OptionalDouble.of(0.00075), checkpoint.learningRate());
    }

    @Test
    void takesABareStateDict() throws IOException {
        Path file = directory.resolve("bare.pt");
        PickleAssembler right =
                new PickleAssembler().bare(storage -> storage.view("w", "0", 2, 0, new int[] {2}, new int[] {1}));
        Files.write(file, PickleAssembler.zip(Map.of("data.pkl", right.bytes(), "data/0", new byte[12])));
        Refusal.of(() -> TorchCheckpoint.read(file), "bare.pt: entry x/data/0: it has 12 bytes, the pickle says 8");
        Files.write(file, PickleAssembler.zip(Map.of("data.pkl", right.bytes(), "data/0", new byte[] {
            0, 0, (byte) 0x80, 0x3f, 0, 0, 0, 0
        })));
        TorchCheckpoint checkpoint = TorchCheckpoint.read(file);
        assertEquals(
                Map.of("w", new Tensor(new int[] {2}, new float[] {1, 0})),
                checkpoint.weights().tensors());
        assertEquals(OptionalLong.empty(), checkpoint.epoch());
    }

    @ParameterizedTest
    @ValueSource(strings = {"variants.pt", "variants_legacy.pt"})
    void isRefusedCutShort(String name) throws IOException {
        byte[] whole = Files.readAllBytes(resource(name));
        Path cut = directory.resolve("cut.pt");
        for (int length = 0; length < whole.length; length += length < 64 ? 1 : 29) {
            Files.write(cut, Arrays.copyOf(whole, length));
            Refusal.of(() -> TorchCheckpoint.read(cut), "cut.pt: ");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"variants.pt", "variants_legacy.pt"})
    void damageIsReadOrRefused(String name) throws IOException {
        byte[] whole = Files.readAllBytes(resource(name));
        Path damaged = directory.resolve("damaged.pt");
        Random random = new Random(4);
        List<String> refusals = new ArrayList<>();
        for (int round = 0; round < 500; round++) {
            byte[] bytes = whole.clone();
            for (int n = random.nextInt(4); n >= 0; n--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            Files.write(damaged, bytes);
            try {
                TorchCheckpoint.read(damaged);
            } catch (MalformedFileException e) {
                refusals.add(e.getMessage());
            }
        }
        assertTrue(refusals.size() > 250, refusals.size() + " refused");
    }
}
