// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.spi;

import org.efficientsegnet.volume.Shape;

/**
 * A network with its weights, as an engine is given it. What an engine needs beyond this (the graph, the tensors) it
 * finds in the implementing type; an engine that does not know that type refuses it.
 */
public interface NetworkModel {

    /** For messages: {@code fine (EfficientSegNet, 9,366,016 parameters)}. */
    String name();

    /** The extent of the input. */
    Shape inputSize();

    /** The number of output channels, one logit a class and voxel. */
    int classes();
}
