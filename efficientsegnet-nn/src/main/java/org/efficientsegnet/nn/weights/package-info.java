// SPDX-License-Identifier: Apache-2.0
/**
 * The weights of networks: named tensors, and the files that hold them.
 *
 * <p>Readers trust nothing: what is damaged or hostile ends as a {@link
 * org.efficientsegnet.nn.weights.MalformedFileException}, before memory is taken for what a file merely claims.
 */
package org.efficientsegnet.nn.weights;
