// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.spark.training;

import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import org.apache.spark.broadcast.Broadcast;
import scala.collection.Iterator;
import scala.runtime.AbstractFunction1;

/** Computes the one part whose number its partition holds, on whatever executor it comes to. */
final class PartTask extends AbstractFunction1<Iterator<Long>, PartResult> implements Serializable {

    private static final long serialVersionUID = 1L;

    private final Broadcast<Assignment> assignment;
    private final Broadcast<float[]> weights;
    private final double scale;

    PartTask(Broadcast<Assignment> assignment, Broadcast<float[]> weights, double scale) {
        this.assignment = assignment;
        this.weights = weights;
        this.scale = scale;
    }

    @Override
    public PartResult apply(Iterator<Long> numbers) {
        try {
            return ExecutorParts.compute(assignment.value(), weights.value(), numbers.next(), scale);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
