// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.spark.training;

import java.io.Serializable;
import java.util.List;

/**
 * What comes of a part: its gradient, or the reason why there is none, which would be the same at every attempt.
 *
 * @param number of the part
 * @param loss not scaled
 * @param ids of its samples
 * @param gradient in the form of the training; null if it failed
 * @param arithmetic what computed it, on which instructions: with others the last bits may differ
 * @param failure why it cannot be computed; null if it was
 * @param ofEngine whether it was the engine that failed, not a sample
 */
record PartResult(
        long number,
        double loss,
        List<String> ids,
        byte[] gradient,
        String arithmetic,
        String failure,
        boolean ofEngine)
        implements Serializable {

    static PartResult failed(long number, String failure, boolean ofEngine) {
        return new PartResult(number, Double.NaN, List.of(), null, "", failure, ofEngine);
    }
}
