// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.data;

import java.io.IOException;
import org.efficientsegnet.volume.Shape;

/**
 * Makes the samples that a network is trained on. A sample depends on its number and its size alone, so that whoever
 * needs it can make it: another thread, another process, a run that was taken up. Called from several threads at once.
 */
@FunctionalInterface
public interface SampleSource {

    /**
     * Makes a sample.
     *
     * @param number of the sample, from 0 for the first of the training
     * @param size its extent
     * @return clipped and normalised
     * @throws IOException if something cannot be read
     */
    Sample sample(long number, Shape size) throws IOException;
}
