// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.efficientsegnet.nn.bundle.ModelBundles;
import org.efficientsegnet.nn.weights.DType;
import org.efficientsegnet.volume.Shape;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The sample scan through the program with the pretrained model, as a user runs it. */
@Tag("slow")
class PretrainedProgramTest {

    private static final String SAMPLE =
            Path.of("..", "data", "example_ct.nii.gz").toString();

    @TempDir
    Path folder;

    private Path expected() throws IOException {
        Path file = folder.resolve("expected.nii.gz");
        try (InputStream in =
                getClass().getResourceAsStream("/org/efficientsegnet/examples/sample/expected_labels.nii.gz")) {
            Files.copy(in, file);
        }
        return file;
    }

    @Test
    void aBatchOfOneAgreesWithTheIndependentPipeline() throws IOException {
        Path results = folder.resolve("results");
        Program run = Program.runPretrained("segment", SAMPLE, "-o", results.toString());
        assertEquals(ExitCodes.OK, run.code(), run::toString);
        assertTrue(run.out().contains("1 case: 1 with a result, 0 failed"), run::toString);
        Program scores = Program.runPretrained(
                "evaluate",
                expected().toString(),
                results.resolve("example_ct.nii.gz").toString(),
                "--json");
        JsonNode labels = new ObjectMapper().readTree(scores.out()).at("/cases/0/labels");
        assertEquals(4, labels.size());
        labels.forEach(label -> assertTrue(label.get("dsc").asDouble() >= 0.995, scores::toString));
    }

    @Test
    void infoShowsABundleByItsPath() throws IOException {
        Path bundle = folder.resolve("other.zip");
        ModelBundles.write(
                bundle, new ModelBundles().pretrained().withInputSizes(Shape.cube(128), Shape.cube(160)), DType.F16);
        Program run = Program.runPretrained("info", "--model", bundle.toString());
        assertEquals(ExitCodes.OK, run.code(), run::toString);
        for (String text : new String[] {
            "# Model card",
            "not for clinical use",
            "abdomen-4 2",
            "liver, kidney, spleen, pancreas",
            "9,366,016 parameters), input 160x160x160",
            "fine input 160x160x160 instead of 128x128x128",
            "working memory",
            "s for both networks"
        }) {
            assertTrue(run.out().contains(text), text + "\n" + run);
        }
        assertFalse(run.out().contains("## "), run::toString);
    }

    @Test
    void verifyPassesInFullPrecision() throws IOException {
        Program run = Program.runPretrained(
                "verify",
                "--scan",
                SAMPLE,
                "--labels",
                expected().toString(),
                "--precision",
                "fp32",
                "--dice",
                "0.9999");
        assertEquals(ExitCodes.OK, run.code(), run::toString);
        Program sample = Program.runPretrained("verify", "--precision", "fp32");
        assertEquals(ExitCodes.OK, sample.code(), sample::toString);
        assertEquals(run.out(), sample.out());
        // Another model's labels are near, and not the same.
        Program other = Program.runPretrained(
                "verify", "--scan", SAMPLE, "--labels", "../data/flare_example_v1.nii.gz", "--precision", "fp32");
        assertEquals(ExitCodes.FAILED, other.code(), other::toString);
    }
}
