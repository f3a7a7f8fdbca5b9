// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.files;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicOutputTest {

    @TempDir
    Path directory;

    @Test
    void replacesTheTarget() throws IOException {
        Path target = Files.writeString(directory.resolve("out.txt"), "before");
        AtomicOutput.write(target, out -> out.write("after".getBytes(StandardCharsets.UTF_8)));
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
        assertTrue(noFolder.getMessage().contains("there is no such folder; make it"), noFolder.getMessage());
        Path folder = Files.createDirectory(directory.resolve("folder"));
        Files.createFile(folder.resolve("full"));
        FileSystemException isFolder =
                assertThrows(FileSystemException.class, () -> AtomicOutput.write(folder, out -> out.write(1)));
        assertEquals(folder.toString(), isFolder.getFile());
        assertEquals(List.of(folder), entries());
    }

    @Test
    void everyNameThatAFileMayHaveCanBeWritten() throws IOException {
        for (String name : List.of("x".repeat(248) + ".nii.gz", "\ud83d\ude00".repeat(60) + ".nii.gz", "a")) {
            Path target = directory.resolve(name);
            AtomicOutput.checkName(target);
            AtomicOutput.make(target, temporary -> {
                assertTrue(target.toString().endsWith(".nii.gz")
                        == temporary.toString().endsWith(".nii.gz"));
                Files.write(temporary, new byte[] {1});
            });
            assertEquals(1, Files.size(target));
        }
        assertEquals(3, entries().size());
    }

    @Test
    void aNameThatNoFileMayHaveIsToldBeforeThereIsAnythingToWrite() throws IOException {
        Path tooLong = directory.resolve("missing").resolve("y".repeat(300));
        FileSystemException e = assertThrows(FileSystemException.class, () -> AtomicOutput.checkName(tooLong));
        assertEquals(tooLong.toString(), e.getFile());
        AtomicOutput.checkName(directory.resolve("missing").resolve("out.txt"));
        assertEquals(List.of(), entries());
    }

    @Test
    void aDirectoryAppearsWhole() throws IOException {
        Path target = directory.resolve("bundle");
        AtomicOutput.writeDirectory(target, Map.of("a", out -> out.write(1), "b", out -> out.write(2)));
        assertEquals(List.of(target), entries());
        assertEquals(1, Files.readAllBytes(target.resolve("a"))[0]);
        assertEquals(2, Files.readAllBytes(target.resolve("b"))[0]);
    }

    @Test
    void aDirectoryThatFailsDoesNotAppear() throws IOException {
        Path target = directory.resolve("bundle");
        Map<String, AtomicOutput.Body> files = new LinkedHashMap<>();
        files.put("a", out -> out.write(1));
        files.put("b", out -> {
            throw new IOException("disk full");
        });
        files.put("c", out -> out.write(3));
        IOException e = assertThrows(IOException.class, () -> AtomicOutput.writeDirectory(target, files));
        assertEquals(target + ": disk full", e.getMessage());
        assertEquals(List.of(), entries());
    }

    private List<Path> entries() throws IOException {
        try (Stream<Path> list = Files.list(directory)) {
            return list.toList();
        }
    }
}
