// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.bundle;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.efficientsegnet.nn.network.BlockKind;
import org.efficientsegnet.nn.network.NetworkFamily;
import org.efficientsegnet.nn.network.NetworkSpec;
import org.efficientsegnet.nn.network.SpecFromWeights;
import org.efficientsegnet.nn.network.WeightedNetwork;
import org.efficientsegnet.nn.weights.MalformedFileException;
import org.efficientsegnet.nn.weights.Safetensors;
import org.efficientsegnet.nn.weights.Tensor;
import org.efficientsegnet.nn.weights.TorchCheckpoint;
import org.efficientsegnet.nn.weights.Weights;
import org.efficientsegnet.nn.weights.WeightsReport;
import org.efficientsegnet.spi.PipelineSpec;
import org.efficientsegnet.volume.Orientation;
import org.efficientsegnet.volume.Shape;

/**
 * Makes a bundle of a pair of checkpoints. What the networks are made of is read off the names and shapes of their
 * tensors; what surrounds them is not in a checkpoint and is taken as published.
 */
public final class CheckpointConverter {

    /** The published pipeline: liver, kidneys, spleen, pancreas. */
    public static final PipelineSpec PUBLISHED_PIPELINE = new PipelineSpec(
            List.of("liver", "kidney", "spleen", "pancreas"),
            Orientation.RAS,
            -325,
            325,
            1e-5,
            0.5,
            20,
            List.of(1, 2, 1, 1),
            1000,
            2000);

    /** The published input size of the coarse network. */
    public static final Shape PUBLISHED_COARSE_SIZE = Shape.cube(160);

    /** The published input size of the fine network. */
    public static final Shape PUBLISHED_FINE_SIZE = Shape.cube(192);

    // A second head that serves training only; the published program passes over it too.
    private static final String AUXILIARY = "final1.";

    private CheckpointConverter() {}

    /**
     * Makes a bundle with the published pipeline and input sizes.
     *
     * @param coarse checkpoint of the network that finds the region: a file of PyTorch, or safetensors
     * @param fine checkpoint of the network that segments the region: a file of PyTorch, or safetensors
     * @param name the bundle's name
     * @throws MalformedFileException if a file cannot be read or does not hold such a network
     */
    public static FileModelBundle convert(Path coarse, Path fine, String name) throws IOException {
        return convert(coarse, fine, name, null, PUBLISHED_PIPELINE, PUBLISHED_COARSE_SIZE, PUBLISHED_FINE_SIZE);
    }

    /**
     * Makes a bundle.
     *
     * @param coarse checkpoint of the network that finds the region: a file of PyTorch, or safetensors
     * @param fine checkpoint of the network that segments the region: a file of PyTorch, or safetensors
     * @param name the bundle's name
     * @param version its version; null for the first digits of its SHA-256
     * @param pipeline what surrounds the networks
     * @param coarseSize the coarse network's input, z, y, x
     * @param fineSize the fine network's input, z, y, x
     * @throws MalformedFileException if a file cannot be read or does not hold such a network
     * @throws IllegalArgumentException if a network cannot take its input size
     */
    public static FileModelBundle convert(
            Path coarse,
            Path fine,
            String name,
            String version,
            PipelineSpec pipeline,
            Shape coarseSize,
            Shape fineSize)
            throws IOException {
        WeightedNetwork coarseNetwork = network("coarse", coarse, pipeline, coarseSize);
        WeightedNetwork fineNetwork = network("fine", fine, pipeline, fineSize);
        if (isUNet(fineNetwork.spec()) && !isUNet(coarseNetwork.spec())) {
            throw new MalformedFileException(
                    fine.getFileName().toString(),
                    "network",
                    "the fine one is a U-Net and the coarse one is not, the other way round than published",
                    "swap the two files");
        }
        return FileModelBundle.of(name, version, pipeline, coarseNetwork, fineNetwork);
    }

    private static boolean isUNet(NetworkSpec spec) {
        return spec.encoder() == BlockKind.FOUR_CONV_RESIDUAL || spec.encoder() == BlockKind.TWO_CONV_RESIDUAL;
    }

    private static WeightedNetwork network(String which, Path path, PipelineSpec pipeline, Shape inputSize)
            throws IOException {
        String file = path.getFileName().toString();
        Weights weights = withoutAuxiliaryHead(
                file.endsWith(".safetensors")
                        ? Safetensors.read(path).weights()
                        : TorchCheckpoint.read(path).weights());
        NetworkSpec spec;
        try {
            spec = SpecFromWeights.nearest(weights);
        } catch (IllegalArgumentException e) {
            throw new MalformedFileException(
                    file, "tensors", e.getMessage(), "give a checkpoint of one of the published networks");
        }
        WeightsReport report = WeightsReport.compare(spec.parameterShapes(), weights);
        if (!report.fits()) {
            throw new MalformedFileException(
                    file,
                    "tensors",
                    "of the networks that this library knows, "
                            + NetworkFamily.publishedNameOf(spec)
                            + " is the nearest, but " + report,
                    "give a checkpoint of such a network");
        }
        if (spec.inputChannels() != 1 || spec.classes() != pipeline.labels().size()) {
            throw new MalformedFileException(
                    file,
                    "tensors",
                    spec.inputChannels() + " input channels and " + spec.classes() + " classes for "
                            + pipeline.labels().size() + " labels",
                    "name as many labels as the network has classes");
        }
        return new WeightedNetwork(FileModelBundle.title(which, spec, weights), spec, inputSize, weights);
    }

    private static Weights withoutAuxiliaryHead(Weights weights) {
        Map<String, Tensor> tensors = new LinkedHashMap<>(weights.tensors());
        tensors.keySet().removeIf(name -> name.startsWith(AUXILIARY));
        return Weights.of(tensors);
    }
}
