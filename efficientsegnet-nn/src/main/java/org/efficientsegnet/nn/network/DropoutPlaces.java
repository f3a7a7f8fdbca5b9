// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.network;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.efficientsegnet.volume.Shape;

/**
 * Where a network has dropout. A {@link org.efficientsegnet.nn.plan.Plan} is compiled without it; dropout always comes
 * before a ReLU, and since its factors are not negative, it may as well come after it.
 */
public final class DropoutPlaces {

    private DropoutPlaces() {}

    /**
     * The names of the factors of dropout, as {@link NetworkGraph.Options} tells them, by the name of the output of the
     * ReLU that they precede.
     *
     * @throws IllegalArgumentException if the network cannot take an input of this size
     */
    public static Map<String, String> of(NetworkSpec spec, Shape inputSize) {
        spec.requireInputSize(inputSize);
        Names names = new Names();
        Architecture.logits(spec, names, new NamedMaps("input", spec.inputChannels(), inputSize));
        return Map.copyOf(names.places);
    }

    /** Feature maps; the name is that of the variable if they come from a ReLU, else that of the layer. */
    private record NamedMaps(String name, int channels, Shape shape) {
        NamedMaps named(String other) {
            return new NamedMaps(other, channels, shape);
        }
    }

    private static final class Names implements Layers<NamedMaps> {
        private final Map<String, String> pending = new HashMap<>();
        private final Map<String, String> places = new HashMap<>();

        private static Shape strided(Shape in, int stride) {
            return new Shape((in.z() - 1) / stride + 1, (in.y() - 1) / stride + 1, (in.x() - 1) / stride + 1);
        }

        @Override
        public NamedMaps convolution(String path, NamedMaps input, int channels, KernelSize kernel, int stride) {
            return new NamedMaps(path, channels, strided(input.shape(), stride));
        }

        @Override
        public NamedMaps separableConvolution(String path, NamedMaps input, int channels, int stride) {
            return convolution(path, input, channels, KernelSize.CUBE, stride);
        }

        @Override
        public NamedMaps instanceNorm(String path, NamedMaps input) {
            return input.named(path);
        }

        @Override
        public NamedMaps dropout(String path, NamedMaps input) {
            pending.put(path, path + ".mask");
            return input.named(path);
        }

        @Override
        public NamedMaps relu(String path, NamedMaps input) {
            String name = path + "/relu";
            String factors = pending.remove(input.name());
            if (factors != null) {
                places.put(name, factors);
            }
            return input.named(name);
        }

        @Override
        public NamedMaps sum(String path, List<NamedMaps> terms) {
            return terms.get(0).named(path);
        }

        @Override
        public NamedMaps gate(String path, NamedMaps input, NamedMaps gate) {
            return input.named(path);
        }

        @Override
        public NamedMaps concat(String path, List<NamedMaps> inputs) {
            int channels = inputs.stream().mapToInt(NamedMaps::channels).sum();
            return new NamedMaps(path, channels, inputs.get(0).shape());
        }

        @Override
        public NamedMaps maxPooling(String path, NamedMaps input, int kernel, int padding) {
            return new NamedMaps(path, input.channels(), strided(input.shape(), 2));
        }

        @Override
        public NamedMaps averagePooling(String path, NamedMaps input, int factor) {
            Shape in = input.shape();
            return new NamedMaps(path, input.channels(), new Shape(in.z() / factor, in.y() / factor, in.x() / factor));
        }

        @Override
        public NamedMaps strip(String path, NamedMaps input, int axis) {
            Shape s = input.shape();
            return new NamedMaps(
                    path,
                    input.channels(),
                    new Shape(axis == 0 ? s.z() : 1, axis == 1 ? s.y() : 1, axis == 2 ? s.x() : 1));
        }

        @Override
        public NamedMaps adaptivePooling(String path, NamedMaps input, int bins) {
            return new NamedMaps(path, input.channels(), Shape.cube(bins));
        }

        @Override
        public NamedMaps resize(String path, NamedMaps input, Shape size) {
            return new NamedMaps(path, input.channels(), size);
        }

        @Override
        public NamedMaps block(String name, NamedMaps output) {
            String factors = places.remove(output.name());
            if (factors != null) {
                places.put(name, factors);
            }
            return output.named(name);
        }

        @Override
        public Shape shape(NamedMaps features) {
            return features.shape();
        }

        @Override
        public int channels(NamedMaps features) {
            return features.channels();
        }
    }
}
