// SPDX-License-Identifier: Apache-2.0
/**
 * Losses as SameDiff expressions of logits and targets.
 *
 * <p>They are composed of primitives throughout: the loss operations that SameDiff brings drop the gradient that comes
 * from above them, so that weighting or scaling such a loss changes nothing.
 */
package org.efficientsegnet.nn.train.loss;
