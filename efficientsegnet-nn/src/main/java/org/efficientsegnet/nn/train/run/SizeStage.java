// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.run;

import java.util.Objects;
import org.efficientsegnet.volume.Shape;

/**
 * A part of a training in which inputs have another size than at its end. Weights do not depend on the size, and small
 * inputs are quick.
 *
 * @param size of an input, z, y, x
 * @param epochs how long
 */
public record SizeStage(Shape size, int epochs) {

    /** @throws IllegalArgumentException if there is no epoch */
    public SizeStage {
        Objects.requireNonNull(size, "size");
        if (epochs < 1) {
            throw new IllegalArgumentException("epochs: " + epochs + " is below 1");
        }
    }
}
