package org.efficientsegnet.nn.onednn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
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
        String output = new String(process.getInputStream().readAllBytes());
        assertEquals(0, process.waitFor(), output);
        assertTrue(output.contains("ran without ND4J"), output);
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
}
