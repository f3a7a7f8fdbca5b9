// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.run;

import java.io.IOException;

/** Decides where the parts of a training's steps are computed. */
@FunctionalInterface
public interface PartsFactory {

    /** In this process; see {@link TrainingTask#open}. */
    PartsFactory LOCAL = TrainingTask::open;

    /**
     * Makes ready to compute the parts of a training.
     *
     * @return the parts, which {@link PairTraining} closes
     * @throws IOException if it cannot
     */
    StepParts open(TrainingTask task) throws IOException;
}
