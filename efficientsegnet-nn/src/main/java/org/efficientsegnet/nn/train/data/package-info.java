// SPDX-License-Identifier: Apache-2.0
/**
 * Cases to train on: pairs of scans and labels, the cache that they are prepared into, folds, and the loader that makes
 * samples beside the training step.
 */
package org.efficientsegnet.nn.train.data;
