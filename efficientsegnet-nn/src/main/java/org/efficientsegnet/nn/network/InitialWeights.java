// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.network;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.efficientsegnet.nn.weights.Tensor;
import org.efficientsegnet.nn.weights.Weights;

/** Weights to start training from. */
public final class InitialWeights {

    private InitialWeights() {}

    /**
     * Normally distributed with mean 0 and variance 2 / (inputs of one output), after He et al., Delving Deep into
     * Rectifiers, 2015, equation 10. The same seed gives the same weights.
     */
    public static Weights kaiming(NetworkSpec spec, long seed) {
        Random random = new Random(seed);
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        spec.parameterShapes().forEach((name, shape) -> {
            int inputs = shape[1] * shape[2] * shape[3] * shape[4];
            double deviation = Math.sqrt(2.0 / inputs);
            float[] values = new float[Math.multiplyExact(shape[0], inputs)];
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) (deviation * random.nextGaussian());
            }
            tensors.put(name, new Tensor(shape, values));
        });
        return Weights.of(tensors);
    }
}
