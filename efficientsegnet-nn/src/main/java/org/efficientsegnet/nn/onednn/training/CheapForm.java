// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn.training;

/**
 * A step whose output takes little time to compute, so that it may be computed a second time, instead of being kept, for
 * those who want it on the way back.
 */
interface CheapForm extends StepForm {

    /**
     * Adds the phases that compute the output once more, to the same bits. They come before the step's own way back.
     */
    default void again(TrainingBuilder builder) {
        forward(builder);
    }
}
