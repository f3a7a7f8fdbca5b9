// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.efficientsegnet.io.cases.BatchCase;
import org.efficientsegnet.io.cases.InputIdentity;
import org.efficientsegnet.spark.storage.WholeFiles;
import org.efficientsegnet.spark.toy.VaultFileSystem;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RemoteFilesTest {

    @TempDir
    Path base;

    private RemoteFiles files;

    @BeforeEach
    void configure() {
        Configuration configuration = new Configuration();
        configuration.set(VaultFileSystem.BASE, base.toString());
        for (String scheme : List.of("vault", "s3a")) {
            configuration.set("fs." + scheme + ".impl", VaultFileSystem.class.getName());
            configuration.setBoolean("fs." + scheme + ".impl.disable.cache", true);
        }
        files = new RemoteFiles(configuration);
    }

    private static WholeFiles.Content text(String text) {
        return out -> out.write(text.getBytes(StandardCharsets.UTF_8));
    }

    @ParameterizedTest
    @CsvSource({"vault, 3", "s3a, 0"})
    void aFileAppearsWholeOrNotAtAll(String scheme, int renamed) throws IOException {
        int before = VaultFileSystem.RENAMED.get();
        var target = files.path(scheme + "://store/a/b/file.txt");
        files.publish(target, text("first"));
        files.publish(target, text("second"));
        assertEquals(renamed, VaultFileSystem.RENAMED.get() - before);
        assertEquals("second", Files.readString(base.resolve("store/a/b/file.txt")));
        var other = files.path(scheme + "://store/a/b/other.txt");
        assertThrows(
                IOException.class,
                () -> files.publish(other, out -> {
                    out.write(1);
                    throw new IOException("broken");
                }));
        try (Stream<Path> left = Files.list(base.resolve("store/a/b"))) {
            assertEquals(List.of(base.resolve("store/a/b/file.txt")), left.toList());
        }
    }

    @Test
    void anInputIsRecognisedAsOnOneMachine() throws IOException {
        Path folder = Files.createDirectories(base.resolve("store/study/series"));
        Files.write(folder.resolve("1.dcm"), new byte[3]);
        Files.write(folder.resolve("2.dcm"), new byte[4]);
        Path header = Files.writeString(base.resolve("store/scan.mhd"), "ElementDataFile = scan.raw\n");
        Files.write(base.resolve("store/scan.raw"), new byte[5]);
        for (Path input : List.of(folder.getParent(), header)) {
            String uri = "vault://store/" + base.resolve("store").relativize(input);
            assertEquals(
                    InputIdentity.of(new BatchCase("case", input, Optional.of("2.25"))),
                    files.look(uri).identity(Optional.of("2.25")));
        }
        String absent = "vault://store/absent.nii";
        assertTrue(assertThrows(NoSuchFileException.class, () -> files.look(absent))
                .getMessage()
                .contains(absent));
    }

    @Test
    void aFileSystemWhoseLibraryIsMissingIsNamedWithTheRemedy() {
        for (String uri : List.of("abfs://container@account/x", "nowhere://bucket/x")) {
            String message =
                    assertThrows(IOException.class, () -> files.path(uri)).getMessage();
            assertTrue(message.contains(uri) && message.contains("--packages"), message);
        }
    }

    @Test
    void aNameThatLeadsOutOfItsFolderIsNotFollowed() throws IOException {
        RemoteFiles.Input evil = new RemoteFiles.Input(
                "vault://store/folder",
                "folder",
                true,
                List.of(new RemoteFiles.InputFile(
                        files.path("vault://store/x"), new InputIdentity.Item("../../x", 1, 1))),
                List.of());
        assertThrows(IOException.class, () -> files.copy(evil, base.resolve("in")));
    }
}
