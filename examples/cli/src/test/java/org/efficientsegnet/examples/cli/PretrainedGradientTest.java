// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.efficientsegnet.Precision;
import org.efficientsegnet.nn.bundle.ModelBundles;
import org.efficientsegnet.nn.network.WeightedNetwork;
import org.efficientsegnet.nn.onednn.OneDnn;
import org.efficientsegnet.nn.onednn.training.OneDnnGradient;
import org.efficientsegnet.nn.onednn.training.OneDnnGradients;
import org.efficientsegnet.nn.train.Batch;
import org.efficientsegnet.nn.train.GradientRequest;
import org.efficientsegnet.nn.train.ParameterLayout;
import org.efficientsegnet.nn.train.ParameterLayout.Parameter;
import org.efficientsegnet.nn.train.augment.AugmentOptions;
import org.efficientsegnet.nn.train.augment.Augmenter;
import org.efficientsegnet.nn.train.data.PreparedDataset;
import org.efficientsegnet.nn.train.data.SampleLoader;
import org.efficientsegnet.nn.train.loss.LossTerm;
import org.efficientsegnet.volume.Shape;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a training of the pretrained fine network begins with: its gradient for the sample scan. */
@Tag("slow")
class PretrainedGradientTest {

    private static final Shape SIZE = Shape.cube(128);

    @TempDir
    private Path folder;

    /** Bfloat16 beside 32 bits, whose gradients other tests hold to 64 bits; weight by weight. */
    @Test
    void everyWeightsGradientInBfloat16PointsWhereThatIn32BitsDoes() throws IOException {
        assumeTrue(OneDnn.hasBfloat16(), "BF16 needs a CPU that multiplies it");
        WeightedNetwork network = new ModelBundles().pretrained().fine();
        ParameterLayout layout = new ParameterLayout(network.spec());
        Batch batch = batch();
        float[] expected = gradient(network, layout, batch, Precision.FP32);
        float[] actual = gradient(network, layout, batch, Precision.BF16);
        StringBuilder problems = new StringBuilder();
        for (Parameter p : layout.parameters()) {
            double cosine = cosine(expected, actual, p.offset(), p.size());
            if (!(cosine >= 0.999)) {
                problems.append(String.format(Locale.ROOT, "%s: the cosine is %.5f%n", p.name(), cosine));
            }
        }
        assertEquals("", problems.toString());
        double whole = cosine(expected, actual, 0, layout.size());
        assertTrue(whole >= 0.9995, "the cosine of the whole is " + whole);
    }

    private Batch batch() throws IOException {
        Path scans = Path.of("..", "data").toAbsolutePath();
        Path list = Files.writeString(
                folder.resolve("pairs.csv"),
                "image,labels,name\n" + scans.resolve("example_ct.nii.gz") + ","
                        + scans.resolve("flare_example_v1.nii.gz") + ",example\n");
        Path prepared = folder.resolve("prepared");
        Program run = Program.run(
                "prepare",
                list.toString(),
                "-o",
                prepared.toString(),
                "--coarse-size",
                "32",
                "--fine-size",
                SIZE.x() + "");
        assertEquals(ExitCodes.OK, run.code(), run::toString);
        PreparedDataset dataset = PreparedDataset.open(prepared);
        Augmenter samples = new Augmenter(
                dataset,
                dataset.options().labels(),
                PreparedDataset.CascadeStage.FINE,
                AugmentOptions.NONE,
                Map.of(),
                -325,
                325,
                1e-5);
        return SampleLoader.batchOf(List.of(samples.make("example", SIZE, 0)));
    }

    private static float[] gradient(WeightedNetwork network, ParameterLayout layout, Batch batch, Precision precision) {
        GradientRequest request =
                new GradientRequest(network.spec(), SIZE, 1, LossTerm.parse(LossTerm.DEFAULT), 0, precision, false);
        try (OneDnnGradient engine = new OneDnnGradients().open(request.withRecompute(true))) {
            float[] gradient = new float[layout.size()];
            engine.gradient(layout.flatten(network.weights()), batch, 0, 1, gradient);
            return gradient;
        }
    }

    private static double cosine(float[] a, float[] b, int from, int count) {
        double product = 0;
        double ofA = 0;
        double ofB = 0;
        for (int i = from; i < from + count; i++) {
            product += (double) a[i] * b[i];
            ofA += (double) a[i] * a[i];
            ofB += (double) b[i] * b[i];
        }
        return product / Math.sqrt(ofA * ofB);
    }
}
