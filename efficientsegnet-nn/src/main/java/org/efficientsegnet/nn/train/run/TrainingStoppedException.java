// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.run;

/** A run stopped because the loss or its gradient is no longer a number. The message says where the step's inputs are. */
public final class TrainingStoppedException extends RuntimeException {

    private static final long serialVersionUID = 1;

    /** @param message what happened and where the inputs were saved */
    public TrainingStoppedException(String message) {
        super(message);
    }
}
