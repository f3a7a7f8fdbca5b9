// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.plan;

/** A matrix that resamples one axis: row i holds the weights of the inputs in output i, all of them neighbours. */
public interface AxisMatrix {

    /** Extent of the input. */
    int from();

    /** Extent of the output. */
    int to();

    /** The first input that output {@code i} depends on. */
    int low(int i);

    /** The last input that output {@code i} depends on. */
    int high(int i);

    /** How much input {@code j}, within {@code low(i)} to {@code high(i)}, has in output {@code i}. */
    float weight(int i, int j);
}
