// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.weights;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;

/**
 * Named tensors in the order in which they were stored. Convolution weights are laid out as PyTorch does: output
 * channel, input channel, z, y, x. Immutable.
 */
public final class Weights {

    private final Map<String, Tensor> tensors;

    private Weights(Map<String, Tensor> tensors) {
        this.tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
    }

    /** Weights with the entries and the order of a map. */
    public static Weights of(Map<String, Tensor> tensors) {
        return new Weights(tensors);
    }

    /** Every tensor by name, in order; cannot be changed. */
    public Map<String, Tensor> tensors() {
        return tensors;
    }

    /** The tensor of a name, if there is one. */
    public Optional<Tensor> find(String name) {
        return Optional.ofNullable(tensors.get(name));
    }

    /** @throws NoSuchElementException if there is no tensor of that name */
    public Tensor get(String name) {
        return find(name).orElseThrow(() -> new NoSuchElementException("there is no tensor named " + name));
    }

    /** The number of elements of all tensors together. */
    public long parameters() {
        return tensors.values().stream().mapToLong(Tensor::size).sum();
    }
}
