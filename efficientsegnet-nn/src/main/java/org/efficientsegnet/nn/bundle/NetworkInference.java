package org.efficientsegnet.nn.bundle;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.efficientsegnet.nn.network.BlockKind;
import org.efficientsegnet.nn.network.ContextKind;
import org.efficientsegnet.nn.network.Downsampling;
import org.efficientsegnet.nn.network.Fusion;
import org.efficientsegnet.nn.network.NetworkSpec;
import org.efficientsegnet.nn.weights.MalformedFileException;
import org.efficientsegnet.nn.weights.Tensor;
import org.efficientsegnet.nn.weights.Weights;
import org.efficientsegnet.nn.weights.WeightsReport;

/**
 * Reads off names and shapes of tensors what a network is made of. Widths, classes and numbers of blocks stand in them;
 * the kinds of blocks are those whose tensors differ least from what is there.
 */
final class NetworkInference {

    private static final int MOST_LEVELS = 8;
    private static final int MOST_BLOCKS = 64;

    private final String file;
    private final Weights weights;

    private NetworkInference(String file, Weights weights) {
        this.file = file;
        this.weights = weights;
    }

    /**
     * The network that is nearest to the weights; they may still differ from what it needs.
     *
     * @param file for messages
     * @throws MalformedFileException if the weights are of another manner altogether
     */
    static NetworkSpec infer(String file, Weights weights) throws MalformedFileException {
        return new NetworkInference(file, weights).infer();
    }

    private NetworkSpec infer() throws MalformedFileException {
        List<Integer> channels = new ArrayList<>();
        int inputChannels = 0;
        for (int level = 0; level < MOST_LEVELS; level++) {
            Tensor shortcut = firstShortcut("conv" + level + "_0.");
            if (shortcut == null) {
                break;
            }
            channels.add(shortcut.shape()[0]);
            inputChannels = level == 0 ? shortcut.shape()[1] : inputChannels;
        }
        Tensor last = weights.find("final.weight").orElse(null);
        if (channels.size() < 2 || last == null || last.shape().length != 5) {
            throw new MalformedFileException(
                    file,
                    "tensors",
                    "among " + weights.tensors().size()
                            + " tensors there are not those of an encoder (conv0_0, conv1_0 and so on) and of the"
                            + " last convolution (final.weight)",
                    "give a checkpoint of one of the published networks");
        }
        List<Integer> blocks = new ArrayList<>();
        for (int level = 0; level < channels.size(); level++) {
            blocks.add(blocks("conv" + level + "_0."));
        }
        NetworkSpec.Builder sizes = NetworkSpec.builder()
                .channels(channels)
                .blocks(blocks)
                .decoderBlocks(blocks("conv0_" + (channels.size() - 1) + "."))
                .inputChannels(inputChannels)
                .classes(last.shape()[0]);
        return nearest(sizes);
    }

    private Tensor firstShortcut(String prefix) {
        return weights.tensors().entrySet().stream()
                .filter(entry -> entry.getKey().startsWith(prefix)
                        && entry.getKey().contains("shortcut_unit")
                        && entry.getValue().shape().length == 5)
                .map(Map.Entry::getValue)
                .findFirst()
                .orElse(null);
    }

    private int blocks(String prefix) {
        Pattern numbered = Pattern.compile(Pattern.quote(prefix) + "(\\d{1,3})\\..*");
        int most = 0;
        for (String name : weights.tensors().keySet()) {
            Matcher matcher = numbered.matcher(name);
            if (matcher.matches()) {
                most = Math.max(most, Integer.parseInt(matcher.group(1)));
            }
        }
        return Math.min(most + 1, MOST_BLOCKS);
    }

    private NetworkSpec nearest(NetworkSpec.Builder sizes) throws MalformedFileException {
        NetworkSpec nearest = null;
        int fewest = Integer.MAX_VALUE;
        String problem = "";
        for (BlockKind encoder : BlockKind.values()) {
            for (BlockKind decoder : BlockKind.values()) {
                for (ContextKind context : ContextKind.values()) {
                    for (Fusion fusion : Fusion.values()) {
                        NetworkSpec candidate;
                        try {
                            candidate = sizes.encoder(encoder)
                                    .decoder(decoder)
                                    .context(context)
                                    .fusion(fusion)
                                    .downsampling(downsampling(encoder, fusion))
                                    .build();
                        } catch (IllegalArgumentException e) {
                            problem = e.getMessage();
                            continue;
                        }
                        int differences = WeightsReport.compare(candidate.parameterShapes(), weights)
                                .differences();
                        if (differences < fewest) {
                            fewest = differences;
                            nearest = candidate;
                        }
                    }
                }
            }
        }
        if (nearest == null) {
            throw new MalformedFileException(
                    file, "tensors", problem, "give a checkpoint of one of the published networks");
        }
        return nearest;
    }

    /** Shapes do not show how the encoder goes down; it is taken as the published networks do it. */
    private static Downsampling downsampling(BlockKind encoder, Fusion fusion) {
        if (fusion == Fusion.ADD) {
            return Downsampling.STRIDED_CONVOLUTION;
        }
        boolean unet = encoder == BlockKind.FOUR_CONV_RESIDUAL || encoder == BlockKind.TWO_CONV_RESIDUAL;
        return unet ? Downsampling.OVERLAPPING_MAX_POOLING : Downsampling.MAX_POOLING;
    }
}
