// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TorchCheckpointAttackTest {

    @TempDir
    private Path directory;

    private Path file(byte[] bytes) throws IOException {
        return Files.write(directory.resolve("evil.pt"), bytes);
    }

    private void refused(PickleAssembler pickle, String... expected) throws IOException {
        Path file = file(PickleAssembler.zip(Map.of("data.pkl", pickle.bytes(), "data/0", new byte[400])));
        Refusal.of(() -> TorchCheckpoint.read(file), expected);
    }

    private static PickleAssembler pickle() {
        return new PickleAssembler();
    }

    @ParameterizedTest
    @CsvSource({
        "posix, system",
        "os, system",
        "nt, system",
        "__builtin__, eval",
        "builtins, eval",
        "builtins, getattr",
        "subprocess, Popen",
        "torch, load",
        "torch.nn.modules.conv, Conv3d",
        "torch.storage, UntypedStorage",
        "numpy.core.multiarray, scalar",
        "collections, OrderedDict.fromkeys",
    })
    void globalsThatNoStateDictNeeds(String module, String name) throws IOException {
        refused(
                pickle().global(module, name).raw("(").text("touch /tmp/owned").raw("tR."),
                "evil.pt: pickle, byte ",
                "the global " + module + "." + name + " is not one",
                "torch.save({'state_dict'");
    }

    @Test
    void opcodesThatNoStateDictNeeds() throws IOException {
        Set<Integer> followed = new HashSet<>();
        ".(N\u0088\u0089JKM\u008aGX}])t\u0085\u0086\u0087qrhjcQRbaesu".chars().forEach(followed::add);
        for (int opcode = 0; opcode < 256; opcode++) {
            if (followed.contains(opcode) || opcode == 0x80) {
                continue;
            }
            refused(pickle().raw(")").raw(opcode), "the opcode " + PickleOpcodes.name(opcode) + " is not one");
        }
        assertEquals("STACK_GLOBAL", PickleOpcodes.name(0x93));
        assertEquals("NEWOBJ", PickleOpcodes.name(0x81));
        assertEquals("INST", PickleOpcodes.name('i'));
        assertEquals("OBJ", PickleOpcodes.name('o'));
        assertEquals("EXT1", PickleOpcodes.name(0x82));
        assertEquals("0x0", PickleOpcodes.name(0));
    }

    @Test
    void otherProtocols() throws IOException {
        for (int protocol : new int[] {0, 1, 3, 4, 5, 255}) {
            Path file =
                    file(PickleAssembler.zip(Map.of("data.pkl", new byte[] {(byte) 0x80, (byte) protocol, '}', '.'})));
            Refusal.of(() -> TorchCheckpoint.read(file), "protocol 2");
        }
    }

    @Test
    void callsOfWhatIsNoFunction() throws IOException {
        refused(pickle().global("torch", "FloatStorage").raw(")R."), "no function");
        refused(pickle().text("eval").raw(")R."), "no function");
        refused(pickle().global("collections", "OrderedDict").raw("]R."), "no function with arguments");
        refused(pickle().global("collections", "OrderedDict").raw("]\u0085R."), "OrderedDict with arguments");
        refused(pickle().raw("N)R."), "REDUCE of None");
        refused(pickle().global("torch._utils", "_rebuild_tensor_v2").raw(")R."), "with 0 arguments");
        refused(pickle().global("torch._utils", "_rebuild_parameter").raw("NNN\u0087R."), "without a tensor");
        refused(pickle().global("torch._utils", "_rebuild_tensor").raw("(NNNNtR."), "a tensor without a storage");
        refused(pickle().text("x").raw("}b."), "no dictionary");
        refused(pickle().raw("}Nb."), "BUILD with something");
        refused(pickle().text("storage").raw("Q."), "does not describe a storage");
    }

    @Test
    void stacksThatDoNotAddUp() throws IOException {
        for (String program : new String[] {
            ".",
            "R.",
            "t.",
            "u.",
            "e.",
            "s.",
            "a.",
            "\u0086.",
            "Nu.",
            "N(t.N",
            "(.",
            "(N.",
            "((u.",
            "}(Nu.",
            "]}b.",
            "](.",
            "NN.",
            "N(N\u0086.",
            "q\u0000.",
            "}(a",
            "N.x"
        }) {
            refused(pickle().raw(program));
        }
        refused(pickle().raw("h\u0007."), "recalls value 7");
        refused(pickle().raw("j\u00ff\u00ff\u00ff\u00ff."), "recalls value 4294967295");
        refused(pickle().raw("}NNs."), "neither a string nor an integer");
        refused(pickle().raw("}(").text("a").raw("N").text("a").raw("Nu."), "the key a twice");
    }

    @Test
    void whatGrowsWithoutBound() throws IOException {
        refused(pickle().raw("(".repeat(1_000_000)), "nests deeper");
        refused(pickle().raw("]".repeat(1_000_000)), "stack grows");
        refused(pickle().raw(")" + "\u0085".repeat(1_000_000)), "more than 131072 values");
        PickleAssembler memo = pickle().raw("N");
        for (int i = 0; i < 140_000; i++) {
            memo.raw("r").int32(i * 7919);
        }
        refused(memo, "remembers more");
        refused(pickle().raw("]q\u0000(" + "h\u0000".repeat(10_000) + "e"), "ends within");
        refused(pickle().raw("c" + "a".repeat(1_000_000)), "without a name");
        refused(pickle().raw("N" + "q\u0000".repeat(3_000_000)), "longer than the limit");
        for (int length : new int[] {4097, 1 << 24, Integer.MAX_VALUE, -1, Integer.MIN_VALUE}) {
            refused(pickle().raw("X").int32(length).raw("abc"), "a string of");
        }
        refused(pickle().raw(0x8a, 255).raw("abc"), "an integer of 255 bytes");
        refused(pickle().raw("X").int32(2).raw(0xc3, 0x28), "not UTF-8");
    }

    @Test
    void containersWithinThemselves() throws IOException {
        refused(pickle().raw("}q\u0000(").text("state_dict").raw("h\u0000u."), "the entry state_dict is not a tensor");
        refused(pickle().raw("}(").text("state_dict").raw("]q\u0001h\u0001au."), "state_dict: it is not a dictionary");
        refused(pickle().raw("]q\u0000h\u0000a."), "pickle: it is not a dictionary");
    }

    private void view(long elements, int offset, int[] shape, int[] stride, String expected) throws IOException {
        refused(pickle().bare(items -> items.view("w", "0", elements, offset, shape, stride)), expected);
    }

    @Test
    void tensorsThatReachOutOfTheirStorage() throws IOException {
        view(100, 0, new int[] {101}, new int[] {1}, "has 101 elements, its storage 100");
        view(100, 1, new int[] {100}, new int[] {1}, "reaches to element 100 of 100");
        view(100, 0, new int[] {10}, new int[] {12}, "reaches beyond");
        view(100, 5, new int[] {10}, new int[] {11}, "reaches to element 104 of 100");
        view(100, 0, new int[] {2, 2}, new int[] {60, 60}, "reaches to element 120 of 100");
        view(100, 0, new int[] {2}, new int[] {Integer.MAX_VALUE}, "reaches beyond");
        view(100, -1, new int[] {1}, new int[] {1}, "begins at element -1");
        view(100, 0, new int[] {-1}, new int[] {1}, "not whole numbers");
        view(100, 0, new int[] {2}, new int[] {-1}, "not whole numbers");
        view(100, 0, new int[] {2}, new int[] {}, "1 extents and 0 strides");
        view(1, 0, new int[] {1 << 20}, new int[] {0}, "has 1048576 elements, its storage 1");
        view(100, 0, new int[] {65536, 65536, 65536, 65536}, new int[] {0, 0, 0, 0}, "more elements than an array");
        view(100, 0, new int[17], new int[17], "no tuple of a few numbers");
        view(-1, 0, new int[] {1}, new int[] {1}, "of -1 elements");
        view(1L << 60, 0, new int[] {1}, new int[] {1}, "of 1152921504606846976 elements");
        view(1 << 30, 0, new int[] {1}, new int[] {1}, "it speaks of 4294967296 bytes");
    }

    @Test
    void manyTensorsThatShareOneStorage() throws IOException {
        PickleAssembler inBatches = pickle().raw("}");
        for (int i = 0; i < 5_000; i++) {
            inBatches.view("w" + i, "0", 100, 0, new int[] {100}, new int[] {1}).raw("s");
        }
        byte[] storage = new byte[400];
        byte[] zip = PickleAssembler.zip(Map.of("data.pkl", inBatches.raw(".").bytes(), "data/0", storage));
        // The pickle itself is what makes this file large: not refused, and not large either.
        assertEquals(5_000, TorchCheckpoint.read(file(zip)).weights().tensors().size());
        Consumer<PickleAssembler> large = pickle -> {
            for (int i = 0; i < 100; i++) {
                pickle.view("w" + i, "0", 1 << 20, 0, new int[] {1 << 20}, new int[] {1});
            }
        };
        Path file = file(
                PickleAssembler.zip(Map.of("data.pkl", pickle().bare(large).bytes(), "data/0", new byte[4 << 20])));
        Refusal.of(() -> TorchCheckpoint.read(file), "its tensors take 419430400 bytes");
    }

    @Test
    void dictionariesThatAreNotStateDicts() throws IOException {
        refused(pickle().raw("}."), "it holds no tensors");
        refused(pickle().raw("}(").text("state_dict").raw("}u."), "state_dict: it holds no tensors");
        refused(pickle().raw("}(").text("model").raw("}u."), "the entry model is not a tensor", "bare state dict");
        refused(
                pickle().bare(items -> items.view("module.w", "0", 100, 0, new int[] {1}, new int[] {1})
                        .view("w", "0", 100, 0, new int[] {1}, new int[] {1})),
                "two tensors are named w");
        refused(
                pickle().bare(items -> items.view("v", "0", 100, 0, new int[] {1}, new int[] {1})
                        .view("w", "0", 99, 0, new int[] {1}, new int[] {1})),
                "storage 0, described in two ways");
        refused(pickle().bare(items -> items.view("w", "../data.pkl", 1, 0, new int[] {1}, new int[] {1})), "missing");
        refused(
                pickle().bare(items -> items.view("w", "9", 1, 0, new int[] {1}, new int[] {1})),
                "x/data/9: it is missing");
    }

    // Archives.

    private static final byte[] GOOD = new PickleAssembler()
            .bare(items -> items.view("w", "0", 100, 0, new int[] {100}, new int[] {1}))
            .bytes();

    @Test
    void archivesThatTorchNeverWrites() throws IOException {
        Path file = directory.resolve("evil.pt");
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            zip.putNextEntry(new ZipEntry("x/data.pkl"));
            zip.write(GOOD);
            zip.putNextEntry(new ZipEntry("x/data/0"));
            zip.write(new byte[64 << 20]);
        }
        Files.write(file, bytes.toByteArray());
        Refusal.of(() -> TorchCheckpoint.read(file), "it is compressed");

        Map<String, byte[]> entries = new HashMap<>(Map.of("data.pkl", GOOD, "data/0", new byte[400]));
        Files.write(file, PickleAssembler.zip(entries));
        assertEquals(100, TorchCheckpoint.read(file).weights().parameters());

        entries.put("byteorder", "big".getBytes(StandardCharsets.US_ASCII));
        Files.write(file, PickleAssembler.zip(entries));
        Refusal.of(() -> TorchCheckpoint.read(file), "x/byteorder: the byte order is not little");

        entries.remove("byteorder");
        entries.put("constants.pkl", GOOD);
        Files.write(file, PickleAssembler.zip(entries));
        Refusal.of(() -> TorchCheckpoint.read(file), "TorchScript");

        Files.write(file, PickleAssembler.zip(Map.of("data/0", new byte[400])));
        Refusal.of(() -> TorchCheckpoint.read(file), "there is no data.pkl");

        byte[] trailing = Arrays.copyOf(GOOD, GOOD.length + 1);
        Files.write(file, PickleAssembler.zip(Map.of("data.pkl", trailing, "data/0", new byte[400])));
        Refusal.of(() -> TorchCheckpoint.read(file), "bytes follow the pickle");
    }

    private static byte[] replace(byte[] bytes, String from, String to) {
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        assertFalse(text.indexOf(from) < 0);
        return text.replace(from, to).getBytes(StandardCharsets.ISO_8859_1);
    }

    @Test
    void archivesWithEntriesTwice() throws IOException {
        byte[] zip = PickleAssembler.zip(Map.of("data.pkl", GOOD, "data/0", new byte[400], "data/1", new byte[400]));
        Path file = file(replace(zip, "x/data/1", "x/data/0"));
        Refusal.of(() -> TorchCheckpoint.read(file), "x/data/0: it is there twice");
        byte[] two = PickleAssembler.zip(Map.of("data.pkl", GOOD, "y/data.pkl", GOOD, "data/0", new byte[400]));
        Path second = file(replace(two, "x/y/data.pkl", "xyy/data.pkl"));
        Refusal.of(() -> TorchCheckpoint.read(second), "a second data.pkl");
    }

    /**
     * Found by fuzzing: the JDK checks names when it opens an archive, comments only when it lists them, which newer ones
     * do at once.
     */
    @Test
    void archivesWithCommentsThatAreNoText() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            ZipEntry entry = new ZipEntry("x/data.pkl");
            entry.setComment("comment");
            zip.putNextEntry(entry);
            zip.write(GOOD);
        }
        Path file = file(replace(bytes.toByteArray(), "comment", "comm\u00e4nt"));
        Refusal.of(() -> TorchCheckpoint.read(file), "evil.pt: zip directory: ");
    }

    @Test
    void archivesWhoseContentWasChanged() throws IOException {
        byte[] zip = PickleAssembler.zip(Map.of("data.pkl", GOOD, "data/0", new byte[400]));
        int data = new String(zip, StandardCharsets.ISO_8859_1).indexOf("x/data/0") + 50;
        zip[data] ^= 1;
        Path file = file(zip);
        Refusal.of(() -> TorchCheckpoint.read(file), "x/data/0: its content does not match its checksum");
    }

    @Test
    void archivesThatClaimMoreThanTheFileHas() throws IOException {
        byte[] zip = PickleAssembler.zip(Map.of("data.pkl", GOOD, "data/0", new byte[400]));
        // Both sizes of the directory's last entry.
        int directoryEntry = new String(zip, StandardCharsets.ISO_8859_1).lastIndexOf("PK\u0001\u0002");
        for (int field : new int[] {20, 24}) {
            zip[directoryEntry + field + 3] = 0x7f;
        }
        Path file = file(zip);
        Refusal.of(() -> TorchCheckpoint.read(file), "evil.pt: ");
    }

    @Test
    void filesOfOtherKinds() throws IOException {
        Path empty = file(new byte[0]);
        Refusal.of(() -> TorchCheckpoint.read(empty), "first bytes: it is not a PyTorch checkpoint");
        Path plain = file(pickle().raw("}.").bytes());
        Refusal.of(() -> TorchCheckpoint.read(plain), "not one that torch.save wrote");
        byte[] tar = new byte[1024];
        System.arraycopy("ustar".getBytes(StandardCharsets.US_ASCII), 0, tar, 257, 5);
        Path tarFile = file(tar);
        Refusal.of(() -> TorchCheckpoint.read(tarFile), "a tar archive");
    }

    // The stream of old.

    @ParameterizedTest
    @ValueSource(strings = {"magic only", "version", "big endian", "keys", "sizes", "trailing", "global"})
    void streamsThatLie(String what) throws IOException {
        byte[] magic = {
            (byte) 0x80,
            2,
            (byte) 0x8a,
            10,
            0x6c,
            (byte) 0xfc,
            (byte) 0x9c,
            0x46,
            (byte) 0xf9,
            0x20,
            0x6a,
            (byte) 0xa8,
            0x50,
            0x19,
            0x2e
        };
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(magic);
        if (!what.equals("magic only")) {
            out.writeBytes(pickle().number(what.equals("version") ? 1002 : 1001)
                    .raw(".")
                    .bytes());
            out.writeBytes(pickle().raw("}")
                    .text("little_endian")
                    .raw(what.equals("big endian") ? 0x89 : 0x88)
                    .raw("s.")
                    .bytes());
            out.writeBytes(
                    what.equals("global")
                            ? pickle().global("posix", "system").raw(".").bytes()
                            : GOOD);
            out.writeBytes(pickle().raw("](")
                    .text(what.equals("keys") ? "1" : "0")
                    .raw("e.")
                    .bytes());
            out.writeBytes(new byte[] {(byte) (what.equals("sizes") ? 99 : 100), 0, 0, 0, 0, 0, 0, 0});
            out.writeBytes(new byte[what.equals("trailing") ? 401 : 400]);
        }
        Path file = file(out.toByteArray());
        Refusal.of(
                () -> TorchCheckpoint.read(file),
                switch (what) {
                    case "version" -> "version: it is not 1001";
                    case "big endian" -> "byte order: it is not little";
                    case "keys" -> "storage keys";
                    case "sizes" -> "storage 0: it has 99 elements, the pickle says 100";
                    case "trailing" -> "bytes follow";
                    case "global" -> "posix.system";
                    default -> "the file ends within it";
                });
    }

    @Test
    void thePickleOfARealCheckpointCutShort() throws IOException {
        byte[] pickle;
        Path copy = directory.resolve("golden.pt");
        try (InputStream in = TorchCheckpointTest.class.getResourceAsStream("/golden/checkpoint_efficientsegnet.pt")) {
            Files.copy(in, copy);
        }
        try (ZipFile zip = new ZipFile(copy.toFile())) {
            pickle = zip.getInputStream(zip.getEntry("checkpoint_efficientsegnet/data.pkl"))
                    .readAllBytes();
        }
        PickleMachine.load("whole", new ByteArrayInputStream(pickle));
        for (int length = 0; length < pickle.length; length += 61) {
            byte[] cut = Arrays.copyOf(pickle, length);
            Refusal.of(() -> PickleMachine.load("cut", new ByteArrayInputStream(cut)), "the file ends within it");
        }
    }
}
