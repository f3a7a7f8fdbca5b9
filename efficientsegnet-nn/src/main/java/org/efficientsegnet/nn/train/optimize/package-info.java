// SPDX-License-Identifier: Apache-2.0
/**
 * What happens to weights between two steps: learning rate schedules, Adam, clipping, loss scaling, averaging. Plain
 * arithmetic over float arrays that knows nothing of graphs, so that a run can be stopped and taken up again exactly.
 */
package org.efficientsegnet.nn.train.optimize;
