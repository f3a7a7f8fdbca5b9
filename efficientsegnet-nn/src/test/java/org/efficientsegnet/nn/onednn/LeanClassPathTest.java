// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.efficientsegnet.CancellationToken;
import org.efficientsegnet.SegmentationException;
import org.efficientsegnet.nn.bundle.CheckpointConverter;
import org.efficientsegnet.nn.bundle.FileModelBundle;
import org.efficientsegnet.nn.bundle.ModelBundles;
import org.efficientsegnet.nn.network.InitialWeights;
import org.efficientsegnet.nn.network.NetworkSpec;
import org.efficientsegnet.nn.network.PlanCompilation;
import org.efficientsegnet.nn.network.WeightedNetwork;
import org.efficientsegnet.nn.train.Batch;
import org.efficientsegnet.nn.train.GradientEngines;
import org.efficientsegnet.nn.train.GradientFunction;
import org.efficientsegnet.nn.train.GradientRequest;
import org.efficientsegnet.nn.train.ParameterLayout;
import org.efficientsegnet.nn.train.loss.LossTerm;
import org.efficientsegnet.nn.weights.DType;
import org.efficientsegnet.spi.EngineOptions;
import org.efficientsegnet.volume.Shape;
import org.junit.jupiter.api.Test;

/** The pretrained networks run where ND4J is left out of the class path. */
class LeanClassPathTest {

    @Test
    void thePretrainedNetworkRunsWithoutNd4j() throws IOException, InterruptedException {
        String classPath = Arrays.stream(
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"))
                                .split(File.pathSeparator))
                .filter(entry -> !entry.contains("nd4j") && !entry.contains("openblas"))
                .collect(Collectors.joining(File.pathSeparator));
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx600m",
                        "-cp",
                        classPath,
                        LeanClassPathTest.class.getName())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), output);
        assertTrue(output.contains("ran without ND4J"), output);
        assertTrue(output.contains("trained without ND4J: true"), output);
        assertTrue(output.contains("onednn: the library brings no plan of this network at 32x32x32"), output);
        assertTrue(output.contains("refused: unplanned brings no plan"), output);
        assertTrue(output.contains("is written without compiled plans"), output);
    }

    /** What the process runs. */
    public static void main(String[] args) throws IOException {
        if (PlanCompilation.isPossible()) {
            throw new IllegalStateException("ND4J is on the class path");
        }
        WeightedNetwork coarse = new ModelBundles().pretrained().coarse();
        float[] input = new float[coarse.inputSize().arrayLength()];
        float[] logits = new float[coarse.classes() * input.length];
        input[input.length / 2] = 1;
        try (OneDnnNetwork network = new OneDnnEngine().load(coarse, EngineOptions.defaults())) {
            network.run(input, logits, new CancellationToken());
        }
        for (float logit : logits) {
            if (!Float.isFinite(logit)) {
                throw new IllegalStateException("a logit is " + logit);
            }
        }
        System.out.println("ran without ND4J");
        train(coarse.spec().withClasses(2));
        NetworkSpec spec = NetworkSpec.coarseUNet(4, List.of(2, 4));
        WeightedNetwork unplanned =
                new WeightedNetwork("unplanned", spec, Shape.cube(8), InitialWeights.kaiming(spec, 1));
        FileModelBundle bundle =
                FileModelBundle.of("lean", "1", CheckpointConverter.PUBLISHED_PIPELINE, unplanned, unplanned);
        try {
            bundle.withPlans();
        } catch (SegmentationException e) {
            System.out.println("refused: " + e.getMessage());
        }
        Path target = Files.createTempDirectory("lean").resolve("bundle.zip");
        ModelBundles.write(target, bundle, DType.F32);
        if (new ModelBundles().read(target).coarse().plan().isPresent()) {
            throw new IllegalStateException("a plan without ND4J");
        }
        Files.delete(target);
        Files.delete(target.getParent());
    }

    /** A step of training of a network that the library brings but for its classes; another is refused with a remedy. */
    private static void train(NetworkSpec spec) {
        GradientRequest request = GradientRequest.of(spec, Shape.cube(32), 1, LossTerm.DEFAULT);
        int voxels = request.size().arrayLength();
        float[] weights = new ParameterLayout(spec).flatten(InitialWeights.kaiming(spec, 1));
        float[] gradient = new float[weights.length];
        byte[] labels = new byte[voxels];
        Arrays.fill(labels, 0, voxels / 2, (byte) 2);
        float[] image = new float[voxels];
        for (int i = 0; i < voxels; i++) {
            image[i] = i % 7 - 3;
        }
        try (GradientFunction function =
                GradientEngines.choose(GradientEngines.AUTO, request).open(request)) {
            double loss = function.gradient(weights, new Batch(List.of("halves"), image, labels), 0, 1, gradient);
            System.out.println("trained without ND4J: " + (loss > 0 && gradient[0] != 0));
        }
        NetworkSpec own = NetworkSpec.coarseUNet(2, List.of(4, 8, 16));
        try {
            GradientEngines.choose(GradientEngines.AUTO, GradientRequest.of(own, Shape.cube(32), 1, LossTerm.DEFAULT));
        } catch (SegmentationException e) {
            System.out.println("not trained: " + e.getMessage());
        }
    }
}
