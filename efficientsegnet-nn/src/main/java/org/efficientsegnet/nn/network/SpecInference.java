package org.efficientsegnet.nn.network;

import java.util.ArrayList;
import java.util.List;
import org.efficientsegnet.nn.weights.Tensor;
import org.efficientsegnet.nn.weights.Weights;

/** Tells from the names and shapes of weights which network they belong to. */
public final class SpecInference {

    private static final String CONVOLUTION = ".conv.weight";

    private final Weights weights;

    private SpecInference(Weights weights) {
        this.weights = weights;
    }

    /**
     * The network of weights with the published names, of the family that they look like: with {@code trans_…} it is
     * EfficientSegNet, with numbered blocks and no {@code trans_…} the U-Net with a context block, else the U-Net.
     *
     * @throws IllegalArgumentException if no network has these weights, with what is missing or too much
     */
    public static NetworkSpec infer(Weights weights) {
        NetworkFamily family;
        if (weights.find("trans_1" + CONVOLUTION).isPresent()) {
            family = NetworkFamily.EFFICIENTSEGNET;
        } else if (new SpecInference(weights).numbered("conv0_0")) {
            family = NetworkFamily.CONTEXTUNET;
        } else {
            family = NetworkFamily.UNET;
        }
        return infer(weights, family);
    }

    /**
     * The network of weights with the published names.
     *
     * @param family what the weights do not tell
     * @throws IllegalArgumentException if no network of that family has these weights, with what is missing or too much
     */
    public static NetworkSpec infer(Weights weights, NetworkFamily family) {
        NetworkSpec spec = new SpecInference(weights).spec(family);
        spec.problemWith(weights).ifPresent(problem -> {
            throw new IllegalArgumentException("the weights look like those of " + spec + ", but " + problem);
        });
        return spec;
    }

    private NetworkSpec spec(NetworkFamily family) {
        List<Integer> channels = new ArrayList<>();
        List<Integer> blocks = new ArrayList<>();
        for (int level = 0; has("conv" + level + "_0."); level++) {
            String name = "conv" + level + "_0";
            String path = numbered(name) ? name + ".0" : name;
            String shortcut = has(path + ".shortcut_unit_1.") ? ".shortcut_unit_1" : ".shortcut_unit";
            channels.add(shape(path + shortcut + CONVOLUTION)[0]);
            blocks.add(count(name));
        }
        String top = "conv0_" + (channels.size() - 1);
        return new NetworkSpec(
                kind("conv0_0"),
                kind(top),
                context(),
                family.fusion(),
                family.downsampling(),
                channels,
                blocks,
                count(top),
                inputChannels(),
                shape("final.weight")[0]);
    }

    private int inputChannels() {
        String path = numbered("conv0_0") ? "conv0_0.0" : "conv0_0";
        String shortcut = has(path + ".shortcut_unit_1.") ? ".shortcut_unit_1" : ".shortcut_unit";
        return shape(path + shortcut + CONVOLUTION)[1];
    }

    private BlockKind kind(String level) {
        String path = numbered(level) ? level + ".0" : level;
        String unit = path + ".residual_unit";
        if (has(unit + "_1.")) {
            return BlockKind.FOUR_CONV_RESIDUAL;
        }
        if (has(unit + ".0.depthwise.")) {
            return BlockKind.DEPTHWISE_SEPARABLE;
        }
        if (has(unit + ".2.")) {
            return BlockKind.BOTTLENECK;
        }
        if (!numbered(level) || has(level + ".1.shortcut_unit.")) {
            return BlockKind.TWO_CONV_RESIDUAL;
        }
        return shape(unit + ".0" + CONVOLUTION)[4] == 1 ? BlockKind.ANISOTROPIC : BlockKind.BASIC_RESIDUAL;
    }

    private ContextKind context() {
        if (has("context_block.trans_layer.")) {
            return ContextKind.MIXED_PYRAMID_STRIP_POOLING;
        }
        if (has("context_block.project.")) {
            return ContextKind.PYRAMID_POOLING;
        }
        return has("context_block.gate.") ? ContextKind.STRIP_POOLING : ContextKind.NONE;
    }

    private boolean numbered(String level) {
        return has(level + ".0.");
    }

    private int count(String level) {
        int count = 0;
        while (has(level + "." + count + ".")) {
            count++;
        }
        return Math.max(1, count);
    }

    private boolean has(String prefix) {
        return weights.tensors().keySet().stream().anyMatch(name -> name.startsWith(prefix));
    }

    private int[] shape(String name) {
        int[] shape = weights.find(name)
                .map(Tensor::shape)
                .orElseThrow(() -> new IllegalArgumentException(
                        "no network is known that has weights of these names: there is no tensor " + name));
        if (shape.length != 5) {
            throw new IllegalArgumentException("the tensor " + name + " has " + shape.length
                    + " axes, the weight of a three-dimensional convolution has 5");
        }
        return shape;
    }
}
