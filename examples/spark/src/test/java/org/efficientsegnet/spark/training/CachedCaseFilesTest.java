// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.spark.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.efficientsegnet.nn.train.data.PreparedDataset;
import org.efficientsegnet.nn.train.data.PreparedDataset.CascadeStage;
import org.efficientsegnet.volume.Shape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CachedCaseFilesTest {

    @TempDir
    private Path directory;

    private static Configuration hadoop() {
        Configuration hadoop = new Configuration(false);
        hadoop.set("fs.slow.impl", SlowFileSystem.class.getName());
        return hadoop;
    }

    @Test
    void filesAreCopiedOnceUntilTheyArePreparedAnew() throws IOException {
        Path prepared = TinyTraining.prepare(directory.resolve("prepared"));
        String uri = SlowFileSystem.uri(prepared);
        CachedCaseFiles files = CachedCaseFiles.at(uri, hadoop());
        Path copy = files.file("coarse/case0.safetensors");
        assertNotEquals(prepared.resolve("coarse/case0.safetensors"), copy);
        assertArrayEquals(Files.readAllBytes(prepared.resolve("coarse/case0.safetensors")), Files.readAllBytes(copy));
        Files.delete(prepared.resolve("coarse/case0.safetensors"));
        assertEquals(copy, files.file("coarse/case0.safetensors"));
        assertSame(files, CachedCaseFiles.at(uri + "/", hadoop()));

        Files.delete(prepared.resolve("cases/case0.safetensors"));
        TinyTraining.prepare(prepared, Shape.cube(20));
        PreparedDataset anew = PreparedDataset.open(CachedCaseFiles.at(uri, hadoop()));
        assertEquals(Shape.cube(20), anew.sample("case0", CascadeStage.COARSE).shape());
    }

    @Test
    void namesMayHoldWhatUrisReserve() throws IOException {
        Path folder = Files.createDirectories(directory.resolve("with space/cases"));
        String name = "a:b c%20#?.safetensors";
        Files.writeString(folder.resolve(name), "content");
        CachedCaseFiles files = CachedCaseFiles.at(SlowFileSystem.uri(folder.getParent()), hadoop());
        assertEquals("content", Files.readString(files.file("cases/" + name)));
        IOException missing = assertThrows(IOException.class, () -> files.file("cases/none"));
        assertTrue(missing.getMessage().endsWith("with space holds no cases/none"), missing.getMessage());
    }

    @Test
    void filesOfThisMachineAreReadWhereTheyAre() throws IOException {
        Path prepared = TinyTraining.prepare(directory.resolve("prepared"));
        CachedCaseFiles files = CachedCaseFiles.at(prepared.toUri().toString(), hadoop());
        assertEquals(prepared.resolve("dataset.json"), files.file("dataset.json"));
    }
}
