// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.plan;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * How large the feature maps of a plan get, as met on some scans: what is needed to hold them in 8 bits. Immutable.
 *
 * @param largest the largest value that 8 bits have to hold of each feature map that may be held in them, by its name in the
 *     plan
 */
public record Calibration(Map<String, Float> largest) {

    /**
     * Copies the map.
     *
     * @throws IllegalArgumentException if a value is not above zero and finite
     */
    public Calibration {
        largest = Collections.unmodifiableMap(new TreeMap<>(largest));
        largest.forEach((name, value) -> {
            if (value == null || !(value > 0) || !Float.isFinite(value)) {
                throw new IllegalArgumentException("the largest value of " + name + " cannot be " + value);
            }
        });
    }

    /** What holds for the inputs of both: the larger value of feature maps that both know. */
    public Calibration join(Calibration other) {
        Map<String, Float> joined = new TreeMap<>(largest);
        joined.keySet().retainAll(other.largest.keySet());
        joined.replaceAll((name, value) -> Math.max(value, other.largest.get(name)));
        return new Calibration(joined);
    }
}
