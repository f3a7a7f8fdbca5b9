// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.efficientsegnet.examples.toy.TinyScans;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VerifyTest {

    static final Path GOLDEN = Path.of("..", "..", "efficientsegnet-nn", "src", "test", "resources", "golden");

    private static final String NETWORK =
            GOLDEN.resolve("efficientsegnet_nocontext.safetensors").toString();

    @TempDir
    Path folder;

    @Test
    void aLimitBeyondOneIsRefused() {
        Program run = Program.run("verify", "--dice", "2");
        assertEquals(ExitCodes.USAGE, run.code(), run::toString);
        assertTrue(run.err().contains("--dice"), run::toString);
    }

    @Test
    void theReferenceEngineAgreesBlockByBlock() {
        Program run = Program.run("verify", NETWORK, "--engine", "samediff");
        assertEquals(ExitCodes.OK, run.code(), run::toString);
        assertTrue(run.out().contains("samediff fp32, tolerance 2.0e-05"), run::toString);
        assertTrue(run.out().lines().anyMatch(l -> l.matches(" +conv0_0 +\\d\\.\\d\\de-0\\d")), run::toString);
        assertTrue(run.out().contains("all pass"), run::toString);
    }

    @Test
    void anInstallationThatComputesSomethingElseIsFoundOut() throws IOException {
        byte[] bytes = Files.readAllBytes(Path.of(NETWORK));
        ByteBuffer file = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int header = (int) file.getLong(0);
        JsonNode offsets = new ObjectMapper()
                .readTree(bytes, 8, header)
                .get("weight.trans_2.conv.weight")
                .get("data_offsets");
        for (int i = 8 + header + offsets.get(0).asInt();
                i < 8 + header + offsets.get(1).asInt();
                i += 4) {
            file.putFloat(i, -file.getFloat(i));
        }
        Path damaged = Files.write(folder.resolve("damaged.safetensors"), bytes);
        Program run = Program.run("verify", NETWORK, damaged.toString(), "--engine", "samediff");
        assertEquals(ExitCodes.FAILED, run.code(), run::toString);
        assertTrue(run.out().contains("DEPARTS: damaged.safetensors"), run::toString);
        assertTrue(run.out().contains("the first block that departs is trans_2"), run::toString);
        assertTrue(run.out().contains("1 of 2 depart"), run::toString);
    }

    @Test
    void theToleranceIsTheUsers() {
        Program run = Program.run("verify", NETWORK, "--engine", "samediff", "--tolerance", "1e-12");
        assertEquals(ExitCodes.FAILED, run.code(), run::toString);
    }

    @Test
    void aWholeCaseIsComparedByDice() throws IOException {
        Path scan = TinyScans.write(folder, "ct", 0);
        Path labels = folder.resolve("labels.nii.gz");
        Program.run("segment", scan.toString(), "-o", labels.toString());
        Program same = Program.run("verify", "--scan", scan.toString(), "--labels", labels.toString());
        assertEquals(ExitCodes.OK, same.code(), same::toString);
        assertTrue(same.out().contains("liver        Dice 1.0000"), same::toString);

        Path other = folder.resolve("other.nii.gz");
        Program.run("segment", TinyScans.write(folder, "moved", 4).toString(), "-o", other.toString());
        Program departs = Program.run("verify", "--scan", scan.toString(), "--labels", other.toString());
        assertEquals(ExitCodes.FAILED, departs.code(), departs::toString);
        assertTrue(departs.out().contains("below 0.99"), departs::toString);
    }

    @Test
    void withNothingTheSampleScanIsCompared() {
        Program toy = Program.run("verify");
        assertEquals(ExitCodes.FAILED, toy.code(), toy::toString);
        assertTrue(toy.out().contains("DEPARTS"), toy::toString);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "verify --labels l.nii",
                "verify --model other.zip",
                "verify --scan ct.nii",
                "verify a.safetensors --scan ct.nii --labels l.nii"
            })
    void eitherFilesOrACaseMustBeGiven(String line) {
        assertEquals(ExitCodes.USAGE, Program.run(line.split(" ")).code());
    }

    @Test
    void filesThatAreNoReferenceAreRefused() throws IOException {
        Path text = Files.writeString(folder.resolve("a.safetensors"), "no tensors here");
        Program run = Program.run("verify", text.toString());
        assertEquals(ExitCodes.FILE, run.code(), run::toString);
        Program unknown = Program.run("verify", NETWORK, "--network", "vgg");
        assertEquals(ExitCodes.USAGE, unknown.code(), unknown::toString);
        Program engine = Program.run("verify", NETWORK, "--engine", "abacus");
        assertEquals(ExitCodes.SEGMENTATION, engine.code(), engine::toString);
    }
}
