package org.efficientsegnet.io.format;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicOutputTest {

    @TempDir
    Path directory;

    @Test
    void replacesTheTarget() throws IOException {
        Path target = Files.writeString(directory.resolve("out.txt"), "before");
        AtomicOutput.write(target, out -> out.write("after".getBytes()));
        assertEquals("after", Files.readString(target));
        assertEquals(List.of(target), entries());
    }

    @Test
    void failureLeavesTheEarlierFileAndNothingElse() throws IOException {
        Path target = Files.writeString(directory.resolve("out.txt"), "before");
        IOException e = assertThrows(
                IOException.class,
                () -> AtomicOutput.write(target, out -> {
                    out.write(new byte[1 << 20]);
                    throw new IOException("disk full");
                }));
        assertEquals(target + ": disk full", e.getMessage());
        assertEquals("before", Files.readString(target));
        assertEquals(List.of(target), entries());
    }

    @Test
    void failuresNameTheTargetAndNotTheTemporaryFile() throws IOException {
        Path missing = directory.resolve("missing");
        NoSuchFileException noFolder = assertThrows(
                NoSuchFileException.class, () -> AtomicOutput.write(missing.resolve("out.txt"), out -> out.write(1)));
        assertEquals(missing.toString(), noFolder.getFile());
        Path folder = Files.createDirectory(directory.resolve("folder"));
        Files.createFile(folder.resolve("full"));
        FileSystemException isFolder =
                assertThrows(FileSystemException.class, () -> AtomicOutput.write(folder, out -> out.write(1)));
        assertEquals(folder.toString(), isFolder.getFile());
        assertEquals(List.of(folder), entries());
    }

    private List<Path> entries() throws IOException {
        try (Stream<Path> list = Files.list(directory)) {
            return list.toList();
        }
    }
}
