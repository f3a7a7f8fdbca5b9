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
        Architecture.logits(spec, names, new Maps("input", spec.inputChannels(), inputSize));
        return Map.copyOf(names.places);
    }

    /** Feature maps; the name is that of the variable if they come from a ReLU, else that of the layer. */
    private record Maps(String name, int channels, Shape shape) {
        Maps named(String other) {
            return new Maps(other, channels, shape);
        }
    }

    private static final class Names implements Layers<Maps> {
        private final Map<String, String> pending = new HashMap<>();
        private final Map<String, String> places = new HashMap<>();

        private static Shape strided(Shape in, int stride) {
            return new Shape((in.z() - 1) / stride + 1, (in.y() - 1) / stride + 1, (in.x() - 1) / stride + 1);
        }

        @Override
        public Maps convolution(String path, Maps input, int channels, Kernel kernel, int stride) {
            return new Maps(path, channels, strided(input.shape(), stride));
        }

        @Override
        public Maps separableConvolution(String path, Maps input, int channels, int stride) {
            return convolution(path, input, channels, Kernel.CUBE, stride);
        }

        @Override
        public Maps instanceNorm(String path, Maps input) {
            return input.named(path);
        }

        @Override
        public Maps dropout(String path, Maps input) {
            pending.put(path, path + ".mask");
            return input.named(path);
        }

        @Override
        public Maps relu(String path, Maps input) {
            String name = path + "/relu";
            String factors = pending.remove(input.name());
            if (factors != null) {
                places.put(name, factors);
            }
            return input.named(name);
        }

        @Override
        public Maps sum(String path, List<Maps> terms) {
            return terms.get(0).named(path);
        }

        @Override
        public Maps gate(String path, Maps input, Maps gate) {
            return input.named(path);
        }

        @Override
        public Maps concat(String path, List<Maps> inputs) {
            int channels = inputs.stream().mapToInt(Maps::channels).sum();
            return new Maps(path, channels, inputs.get(0).shape());
        }

        @Override
        public Maps maxPooling(String path, Maps input, int kernel, int padding) {
            return new Maps(path, input.channels(), strided(input.shape(), 2));
        }

        @Override
        public Maps averagePooling(String path, Maps input, int factor) {
            Shape in = input.shape();
            return new Maps(path, input.channels(), new Shape(in.z() / factor, in.y() / factor, in.x() / factor));
        }

        @Override
        public Maps strip(String path, Maps input, int axis) {
            Shape s = input.shape();
            return new Maps(
                    path,
                    input.channels(),
                    new Shape(axis == 0 ? s.z() : 1, axis == 1 ? s.y() : 1, axis == 2 ? s.x() : 1));
        }

        @Override
        public Maps adaptivePooling(String path, Maps input, int bins) {
            return new Maps(path, input.channels(), Shape.cube(bins));
        }

        @Override
        public Maps resize(String path, Maps input, Shape size) {
            return new Maps(path, input.channels(), size);
        }

        @Override
        public Maps block(String name, Maps output) {
            String factors = places.remove(output.name());
            if (factors != null) {
                places.put(name, factors);
            }
            return output.named(name);
        }

        @Override
        public Shape shape(Maps features) {
            return features.shape();
        }

        @Override
        public int channels(Maps features) {
            return features.channels();
        }
    }
}
