// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.weights;

import java.util.Arrays;

/**
 * A dense array of 32-bit floats in C order.
 *
 * <p>The values are held, not copied, since they can be large: whoever makes a tensor gives its array away, and whoever
 * reads {@link #values} must not change it. Kept so, a tensor is immutable and thread-safe.
 *
 * @param shape extents, the last axis is contiguous; empty for a scalar; copied in and out
 * @param values the elements
 */
public record Tensor(int[] shape, float[] values) {

    /** @throws IllegalArgumentException if an extent is negative or the number of values is another than the shape's */
    public Tensor {
        shape = shape.clone();
        long elements = 1;
        for (int n : shape) {
            if (n < 0) {
                throw new IllegalArgumentException("the shape " + Arrays.toString(shape) + " has a negative extent");
            }
            elements *= n;
            if (elements > Integer.MAX_VALUE) {
                break;
            }
        }
        if (elements != values.length) {
            throw new IllegalArgumentException(
                    "the shape " + Arrays.toString(shape) + " does not hold " + values.length + " values");
        }
    }

    @Override
    public int[] shape() {
        return shape.clone();
    }

    /** The number of elements. */
    public int size() {
        return values.length;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Tensor tensor
                && Arrays.equals(shape, tensor.shape)
                && Arrays.equals(values, tensor.values);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(shape) + Arrays.hashCode(values);
    }

    @Override
    public String toString() {
        return "Tensor" + Arrays.toString(shape);
    }
}
