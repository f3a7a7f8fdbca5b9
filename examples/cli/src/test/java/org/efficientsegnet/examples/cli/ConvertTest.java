// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.efficientsegnet.examples.toy.TinyScans;
import org.efficientsegnet.nn.bundle.FileModelBundle;
import org.efficientsegnet.nn.bundle.ModelBundles;
import org.efficientsegnet.volume.Shape;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Small checkpoints as the published code saves them, channels 2 4 8 16 32. */
class ConvertTest {

    private static final String TORCH =
            VerifyTest.GOLDEN.resolve("checkpoint_efficientsegnet.pt").toString();
    private static final String SAFETENSORS =
            VerifyTest.GOLDEN.resolve("checkpoint_efficientsegnet.safetensors").toString();

    @TempDir
    Path folder;

    private Program convert(String coarse, String fine, String output, String... more) {
        List<String> arguments = new ArrayList<>(List.of("convert", "--coarse", coarse, "--fine", fine, "-o"));
        arguments.add(folder.resolve(output).toString());
        arguments.addAll(List.of(more));
        return Program.run(arguments.toArray(String[]::new));
    }

    @Test
    void theBundleHoldsTheWeightsAndSegments() throws IOException {
        Program run = convert(
                TORCH,
                SAFETENSORS,
                "new/bundle.zip",
                "--coarse-size",
                "64,64,128",
                "--fine-size",
                "64,80,128",
                "--labels",
                "one, two,three,four",
                "--name",
                "tiny");
        assertEquals(ExitCodes.OK, run.code(), run::toString);
        Path file = folder.resolve("new").resolve("bundle.zip");
        FileModelBundle bundle = new ModelBundles().read(file);
        assertEquals(new Shape(64, 80, 128), bundle.fine().inputSize());
        assertEquals(List.of("one", "two", "three", "four"), bundle.pipeline().labels());
        assertEquals("tiny", bundle.identity().name());
        assertTrue(run.out().contains(bundle.identity().sha256()), run::toString);
        assertEquals(
                bundle.coarse().weights().tensors().keySet(),
                bundle.fine().weights().tensors().keySet(),
                "both files hold the same checkpoint");

        Path labels = folder.resolve("labels.nii.gz");
        Program segment = Program.runPretrained(
                "segment",
                TinyScans.write(folder, "ct", 0).toString(),
                "-o",
                labels.toString(),
                "--model",
                file.toString(),
                "--engine",
                "samediff");
        assertEquals(ExitCodes.OK, segment.code(), segment::toString);
        assertTrue(Files.exists(labels));
    }

    @ParameterizedTest(name = "convert {0} {1} {2} {3} gives {4}: {5}")
    @CsvSource({
        "none.pt, FINE, b.zip, , 3, none.pt",
        "TEXT, FINE, b.zip, , 3, text.pt",
        "FINE, FINE, b.zip, --fine-size=12.5, 2, not a size",
        "FINE, FINE, b.zip, '--fine-size=1,2', 2, not a size",
        "FINE, FINE, b.zip, --labels=liver, 3, 4 classes",
        "FINE, FINE, b.zip, '--components=1,2', 2, 'components to keep for 2'",
        "FINE, FINE, there, , 2, there already",
        "FINE, FINE, '', , 2, there already",
    })
    void errorsNameTheFileOrTheOption(String coarse, String fine, String output, String more, int code, String message)
            throws IOException {
        Path text = Files.writeString(folder.resolve("text.pt"), "not a checkpoint");
        Files.createDirectories(folder.resolve("there"));
        String[] options = more == null ? new String[0] : new String[] {more};
        Program run = convert(
                coarse.replace("FINE", SAFETENSORS).replace("TEXT", text.toString()),
                fine.replace("FINE", SAFETENSORS),
                output,
                options);
        assertEquals(code, run.code(), run::toString);
        assertTrue(run.err().contains(message), run::toString);
        assertFalse(Files.exists(folder.resolve("b.zip")));
    }

    @Test
    void aScanThatCannotCalibrateIsNamedAndNothingWritten() throws IOException {
        Path text = Files.writeString(folder.resolve("text.nii.gz"), "not a scan");
        Program run = convert(
                SAFETENSORS,
                SAFETENSORS,
                "b.zip",
                "--coarse-size=64,64,128",
                "--fine-size=64,64,128",
                "--calibrate",
                text.toString());
        assertEquals(ExitCodes.FILE, run.code(), run::toString);
        assertTrue(run.err().contains("text.nii.gz"), run::toString);
        assertFalse(Files.exists(folder.resolve("b.zip")));
    }

    @Test
    @Tag("shared")
    void thePublishedPairOfNetworksBecomesABundle() throws IOException {
        Path golden = Path.of(System.getProperty("efficientsegnet.shared"), "golden");
        Program run = convert(
                golden.resolve("checkpoint_coarse_unet.pt").toString(),
                golden.resolve("checkpoint_efficientsegnet.pt").toString(),
                "bundle",
                "--weights",
                "f16");
        assertEquals(ExitCodes.OK, run.code(), run::toString);
        FileModelBundle bundle = new ModelBundles().read(folder.resolve("bundle"));
        assertEquals(Shape.cube(160), bundle.coarse().inputSize());
        assertEquals(Shape.cube(192), bundle.fine().inputSize());
        Program swapped = convert(
                golden.resolve("checkpoint_efficientsegnet.pt").toString(),
                golden.resolve("checkpoint_coarse_unet.pt").toString(),
                "swapped.zip");
        assertEquals(ExitCodes.FILE, swapped.code(), swapped::toString);
        assertTrue(swapped.err().contains("swap the two files"), swapped::toString);
    }
}
