// SPDX-License-Identifier: Apache-2.0
/**
 * The training run: steps, validation on whole cases, checkpoints that a killed run is taken up from, log and learning
 * curve. {@link org.efficientsegnet.nn.train.run.TrainingRun} trains one network;
 * {@link org.efficientsegnet.nn.train.run.PairTraining} trains a coarse and a fine one and writes bundles.
 */
package org.efficientsegnet.nn.train.run;
