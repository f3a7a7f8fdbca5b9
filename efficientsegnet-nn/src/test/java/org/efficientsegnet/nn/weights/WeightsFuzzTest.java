// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.weights;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Any bytes at all are either weights or refused by a {@link MalformedFileException} that names the file, within bounds
 * of time and memory.
 */
class WeightsFuzzTest {

    private static final Path FILE = temporaryFile();
    private static final String NAME = FILE.getFileName().toString();

    /** The elements of the one storage that the seeds speak of. */
    private static final int ELEMENTS = 12;

    @MethodSource("safetensorsSeeds")
    @FuzzTest(maxDuration = "10m")
    void safetensors(byte[] bytes) throws Throwable {
        Refusal.orElseRead(NAME, () -> {
            Safetensors content = Safetensors.read(NAME, bytes);
            content.weights();
            content.names().forEach(content::shape);
        });
    }

    static List<byte[]> safetensorsSeeds() throws IOException {
        Tensor tensor = new Tensor(new int[] {2, 3}, new float[] {1, -2, 0.5f, 0, 1e-7f, 6e4f});
        List<Safetensors> contents = List.of(
                Safetensors.builder().build(),
                Safetensors.builder().add("a", DType.F32, tensor).build(),
                Safetensors.builder()
                        .metadata("format", "pt")
                        .add("half", DType.F16, tensor)
                        .add("brain", DType.BF16, tensor)
                        .add("empty", DType.F32, new Tensor(new int[] {0, 4}, new float[0]))
                        .add("scalar", DType.F32, new Tensor(new int[0], new float[] {7}))
                        .build(),
                Safetensors.builder()
                        .add("double", new int[] {2}, new double[] {1, 1e300})
                        .add("long", new int[] {2}, new long[] {-1, Long.MAX_VALUE})
                        .add("int", new int[] {2}, new int[] {-1, 1})
                        .add("short", new int[] {2}, new short[] {-1, 1})
                        .add("byte", DType.BOOL, new int[] {2}, new byte[] {0, 1})
                        .build());
        return contents.stream()
                .map(content -> {
                    ByteArrayOutputStream out = new ByteArrayOutputStream();
                    try {
                        content.writeTo(out);
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                    return out.toByteArray();
                })
                .toList();
    }

    /** A file of either layout, with the checksums of an archive as the fuzzer leaves them. */
    @MethodSource("checkpointSeeds")
    @FuzzTest(maxDuration = "10m")
    void checkpoint(byte[] bytes) throws Throwable {
        Files.write(FILE, bytes);
        Refusal.orElseRead(NAME, () -> TorchCheckpoint.read(FILE));
    }

    static List<byte[]> checkpointSeeds() {
        return pickles()
                .flatMap(pickle -> Stream.of(PickleAssembler.stream(pickle, ELEMENTS), archive(pickle)))
                .toList();
    }

    /** The pickle inside of an archive whose checksums are right. */
    @MethodSource("pickleSeeds")
    @FuzzTest(maxDuration = "10m")
    void pickle(byte[] bytes) throws Throwable {
        Files.write(FILE, archive(bytes));
        Refusal.orElseRead(NAME, () -> TorchCheckpoint.read(FILE));
    }

    static List<byte[]> pickleSeeds() {
        return pickles().toList();
    }

    private static Stream<byte[]> pickles() {
        byte[] bare = new PickleAssembler()
                .bare(items -> items.view("module.a", "0", ELEMENTS, 0, new int[] {2, 3}, new int[] {3, 1})
                        .view("module.b", "0", ELEMENTS, 6, new int[] {3, 2}, new int[] {1, 3}))
                .bytes();
        PickleAssembler published = new PickleAssembler().raw("}(");
        published.text("epoch").number(3).text("lr").number(0.001);
        published
                .text("state_dict")
                .global("collections", "OrderedDict")
                .raw(")Rq")
                .raw(1)
                .raw("(");
        published.view("w", "0", ELEMENTS, 0, new int[] {4}, new int[] {1}).raw("u}b");
        published
                .text("optimizer_dict")
                .raw("}(")
                .text("state")
                .raw("}(")
                .number(0)
                .raw("}(");
        published.text("step").raw("K").raw(9);
        published
                .view("exp_avg", "0", ELEMENTS, 4, new int[] {4}, new int[] {1})
                .raw("uu");
        published.text("param_groups").raw("]}(").text("lr").number(0.001);
        published.text("betas").number(0.9).number(0.999).raw(0x86);
        published.text("amsgrad").raw(0x89).text("foreach").raw("N");
        published.text("params").raw("](").number(0).raw("euauu.");
        return Stream.of(bare, published.bytes());
    }

    private static byte[] archive(byte[] pickle) {
        try {
            return PickleAssembler.zip(Map.of("data.pkl", pickle, "data/0", new byte[4 * ELEMENTS]));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Not JUnit's, so that the fuzzer can run the targets without it. */
    private static Path temporaryFile() {
        try {
            Path file = Files.createTempFile("fuzz", ".pt");
            file.toFile().deleteOnExit();
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
