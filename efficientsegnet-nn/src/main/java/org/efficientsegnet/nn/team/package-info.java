// SPDX-License-Identifier: Apache-2.0
/**
 * Threads on which native code computes: a {@link org.efficientsegnet.nn.team.WorkerPool} lends each run a
 * {@link org.efficientsegnet.nn.team.WorkerTeam}, whose workers take the tasks of one job after the other. For engines; programs need nothing from here.
 *
 * <p><strong>Internal</strong>: may change at any time.
 */
package org.efficientsegnet.nn.team;
