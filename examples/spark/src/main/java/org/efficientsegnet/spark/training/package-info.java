// SPDX-License-Identifier: Apache-2.0
/**
 * Training on many machines. The driver keeps the training run; the parts of each step are stateless tasks, whose results
 * are added in order, so that a training comes to the same bytes wherever its parts are computed.
 */
package org.efficientsegnet.spark.training;
