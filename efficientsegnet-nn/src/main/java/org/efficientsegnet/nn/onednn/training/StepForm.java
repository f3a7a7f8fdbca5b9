// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn.training;

import java.util.List;

/** One step of a plan while a network is trained: how it is computed, and how the loss is differentiated through it. */
interface StepForm {

    /** Adds the phases that compute the step. */
    void forward(TrainingBuilder builder);

    /**
     * Adds the phases that turn the gradient by the step's output into those by its inputs and its weight. The gradient
     * by an input is added to what other readers of that input have left there, if any.
     */
    void backward(TrainingBuilder builder);

    /** The values that {@link #backward} reads, no others. */
    List<String> wanted();

    /** Whether forward reads its inputs in the type that they were computed in, not in its own. */
    default boolean readsAsComputed() {
        return false;
    }

    /** Whether backward may compute in another type than forward did: whether it reads nothing but values. */
    default boolean mayChangeType() {
        return true;
    }
}
