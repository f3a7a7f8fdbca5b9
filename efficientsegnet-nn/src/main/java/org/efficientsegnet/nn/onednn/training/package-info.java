// SPDX-License-Identifier: Apache-2.0
/**
 * Differentiates networks on CPUs with the primitives of oneDNN.
 *
 * <p>{@link org.efficientsegnet.nn.onednn.training.OneDnnGradients} is the provider. A
 * {@link org.efficientsegnet.nn.onednn.training.OneDnnGradient} is built once for its input size: each step of the
 * network's plan has a form, which adds phases of tasks for both directions. Tasks call primitives, each on one thread,
 * on a slab or a part of the feature maps; {@link org.efficientsegnet.nn.team.WorkerTeam} divides them among workers.
 * All memory lies in one block by its lifetime, from the phase that first writes it to the last one that reads it.
 *
 * <p>Nothing here needs ND4J but the compilation of a network whose plan the library does not bring.
 */
package org.efficientsegnet.nn.onednn.training;
