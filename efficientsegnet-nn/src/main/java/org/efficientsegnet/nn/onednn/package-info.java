// SPDX-License-Identifier: Apache-2.0
/**
 * Runs plans on CPUs with the primitives of oneDNN.
 *
 * <p>{@link org.efficientsegnet.nn.onednn.OneDnnEngine} is the provider. A network is built once for its input size:
 * one class a kind of step cuts it into tasks, whose calls of primitives work on one block of memory, planned ahead;
 * weights are packed once into the layout each primitive prefers. In a run, the workers of a
 * {@link org.efficientsegnet.nn.team.WorkerTeam} take the tasks of one job after the other, and nothing is allocated.
 * Tasks depend on the plan and the input size alone, so the result does not depend on the number of workers. Feature maps
 * are channels-last throughout.
 *
 * <p>Nothing here needs ND4J but the compilation of a model that brings no plan.
 *
 * <p><strong>Internal</strong>: may change at any time.
 */
package org.efficientsegnet.nn.onednn;
