// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.spark.training;

import java.io.Serializable;
import org.apache.spark.util.SerializableConfiguration;

/**
 * What an executor needs to compute any part of one network's training.
 *
 * @param id of the training, another one for each network and start
 * @param task in its portable form
 * @param threads of the engine; 0 for as many as the executor has cores
 * @param form of gradients on their way
 * @param hadoop how file systems are reached
 */
record Assignment(String id, byte[] task, int threads, GradientForm form, SerializableConfiguration hadoop)
        implements Serializable {}
