// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.efficientsegnet.Precision;
import org.efficientsegnet.nn.bundle.ModelBundles;
import org.efficientsegnet.nn.network.WeightedNetwork;
import org.efficientsegnet.nn.train.Batch;
import org.efficientsegnet.nn.train.GradientEngines;
import org.efficientsegnet.nn.train.GradientFunction;
import org.efficientsegnet.nn.train.GradientRequest;
import org.efficientsegnet.nn.train.ParameterLayout;
import org.efficientsegnet.nn.train.ParameterLayout.Parameter;
import org.efficientsegnet.nn.train.augment.AugmentOptions;
import org.efficientsegnet.nn.train.data.SampleLoader;
import org.efficientsegnet.nn.train.loss.LossTerm;
import org.efficientsegnet.volume.Shape;

/**
 * How near gradients in bfloat16 are to those in 32 bits, weight by weight, for the shipped fine network and the sample
 * scan: their cosines. Beside them stand the cosines when nothing but the weights, or nothing but the input, is
 * rounded to bfloat16 once, and all arithmetic is done in 32 bits.
 *
 * <pre>java -Xmx2g -cp benchmarks/target/benchmarks.jar org.efficientsegnet.benchmarks.GradientPrecision 128,128,128
 * </pre>
 */
public final class GradientPrecision {

    private GradientPrecision() {}

    /**
     * Prints a table in Markdown, the least cosine first.
     *
     * @param args the input's size, z,y,x
     */
    public static void main(String[] args) throws IOException {
        if (args.length != 1) {
            throw new IllegalArgumentException("one argument is needed: Z,Y,X");
        }
        String[] extents = args[0].split(",");
        Shape size =
                new Shape(Integer.parseInt(extents[0]), Integer.parseInt(extents[1]), Integer.parseInt(extents[2]));
        Path directory = Files.createTempDirectory("gradient-precision");
        try {
            WeightedNetwork network = new ModelBundles().pretrained().fine();
            Batch batch = SampleLoader.batchOf(List.of(
                    SampleScan.samples(directory, size, AugmentOptions.NONE).make(SampleScan.ID, size, 0)));
            print(network, size, batch);
        } finally {
            Folders.delete(directory);
        }
    }

    private static void print(WeightedNetwork network, Shape size, Batch batch) {
        ParameterLayout layout = new ParameterLayout(network.spec());
        float[] weights = layout.flatten(network.weights());
        Batch rounded = new Batch(batch.ids(), rounded(batch.images()), batch.labels());
        float[] exact = gradient(network, size, Precision.FP32, weights, batch);
        float[] bfloat16 = gradient(network, size, Precision.BF16, weights, batch);
        float[] ofWeights = gradient(network, size, Precision.FP32, rounded(weights), batch);
        float[] ofInput = gradient(network, size, Precision.FP32, weights, rounded);
        System.out.println("| weight | norm | BF16 | weights rounded | input rounded |");
        System.out.println("|---|---:|---:|---:|---:|");
        List<Parameter> parameters = new ArrayList<>(layout.parameters());
        parameters.sort(Comparator.comparingDouble(p -> cosine(exact, bfloat16, p.offset(), p.size())));
        for (Parameter p : parameters) {
            row(p.name(), exact, bfloat16, ofWeights, ofInput, p.offset(), p.size());
        }
        row("all", exact, bfloat16, ofWeights, ofInput, 0, weights.length);
    }

    private static void row(
            String name, float[] exact, float[] bfloat16, float[] ofWeights, float[] ofInput, int from, int count) {
        System.out.printf(
                Locale.ROOT,
                "| %s | %.1e | %.5f | %.5f | %.5f |%n",
                name,
                Math.sqrt(dot(exact, exact, from, count)),
                cosine(exact, bfloat16, from, count),
                cosine(exact, ofWeights, from, count),
                cosine(exact, ofInput, from, count));
    }

    private static float[] gradient(
            WeightedNetwork network, Shape size, Precision precision, float[] weights, Batch batch) {
        GradientRequest request =
                new GradientRequest(network.spec(), size, 1, LossTerm.parse(LossTerm.DEFAULT), 0, precision, false);
        try (GradientFunction function =
                GradientEngines.choose("onednn", request).open(request)) {
            float[] gradient = new float[weights.length];
            function.gradient(weights, batch, 0, 1, gradient);
            return gradient;
        }
    }

    /** To the nearest number of bfloat16, to the even one of two. */
    private static float[] rounded(float[] values) {
        float[] rounded = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            int bits = Float.floatToRawIntBits(values[i]);
            rounded[i] = Float.intBitsToFloat((bits + 0x7fff + (bits >>> 16 & 1)) & 0xffff0000);
        }
        return rounded;
    }

    private static double cosine(float[] a, float[] b, int from, int count) {
        return dot(a, b, from, count) / Math.sqrt(dot(a, a, from, count) * dot(b, b, from, count));
    }

    private static double dot(float[] a, float[] b, int from, int count) {
        double sum = 0;
        for (int i = from; i < from + count; i++) {
            sum += (double) a[i] * b[i];
        }
        return sum;
    }
}
