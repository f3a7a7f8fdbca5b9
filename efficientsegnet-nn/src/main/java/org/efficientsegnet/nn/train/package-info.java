// SPDX-License-Identifier: Apache-2.0
/**
 * Training of the networks: a network with its loss is differentiated by a
 * {@link org.efficientsegnet.nn.train.GradientEngine}, on oneDNN or by SameDiff
 * ({@link org.efficientsegnet.nn.train.GradientGraph}), everything else is plain Java around it.
 *
 * <p>Rooms: {@code loss} what is made small, {@code optimize} how weights follow their gradients, {@code data} cases,
 * folds and the cache of prepared samples, {@code augment} how samples are varied, {@code run} the training run itself.
 */
package org.efficientsegnet.nn.train;
