// SPDX-License-Identifier: Apache-2.0
/**
 * The networks: what they are made of, as values, and as SameDiff graphs, which are their only definition.
 *
 * <p>{@link org.efficientsegnet.nn.network.NetworkSpec} says what a network is made of,
 * {@link org.efficientsegnet.nn.network.NetworkCounts} how large it is,
 * {@link org.efficientsegnet.nn.network.NetworkGraph} makes the graph of it. None but the last needs ND4J.
 *
 * <h2>How a graph is named</h2>
 *
 * <p>The placeholder {@code input} and the variable {@code output} have the axes n, c, z, y, x; every variable between
 * them has n, z, y, x, c. A <i>path</i> is the name that the layer's module has in PyTorch, such as {@code
 * conv0_0.0.residual_unit.0.conv}. A weight is called as in a checkpoint, {@code path.weight}, and is laid out z, y, x,
 * input, output.
 *
 * <p>What a layer computes is called {@code path/kind}; if the layer takes several operations, those before the last
 * are in the name scope {@code path/kind/}, so that a compiler which sees that scope can take the layer as a whole. The
 * kinds are
 *
 * <table>
 * <caption>Kinds of layers</caption>
 * <tr><th>kind</th><th>operations</th><th>inputs</th></tr>
 * <tr><td>{@code convolution}</td><td>one conv3d without bias</td><td>features, weight</td></tr>
 * <tr><td>{@code separable_convolution}</td><td>the kernel {@code …/kernel} as the product of both weights, then one
 *     conv3d</td><td>features, {@code path.depthwise.weight} (z, y, x, 1, channel), {@code path.pointwise.weight}</td></tr>
 * <tr><td>{@code instance_norm}</td><td>means, differences, product; epsilon 1e-5</td><td>features</td></tr>
 * <tr><td>{@code dropout}</td><td>product with a mask; in training graphs only</td><td>features, {@code
 *     path.mask}</td></tr>
 * <tr><td>{@code relu}, {@code concat}, {@code strip}, {@code max_pooling}</td><td>one operation ({@code strip} is a
 *     mean over two axes)</td><td>features</td></tr>
 * <tr><td>{@code add}</td><td>sums; those of more than two terms go by way of {@code add/first_2}</td><td>features</td></tr>
 * <tr><td>{@code resize}, {@code average_pooling}, {@code adaptive_pooling}</td><td>for each axis a product with a
 *     constant called {@code kind_<from>_to_<to>}, shared by all layers, whose rows are the outputs; the axes in turn
 *     x, y, z</td><td>features</td></tr>
 * <tr><td>{@code gate}</td><td>sigmoid {@code gate/sigmoid}, product</td><td>features, gate</td></tr>
 * </table>
 *
 * <p>The last variable of a top-level block has the block's name alone: {@code conv0_0}, …, {@code context_block},
 * {@code trans_4}, {@code conv3_1}, …, {@code conv0_4}; it is always the result of a single operation. Paths outside
 * of blocks are {@code pool_<level>}, {@code up_<level>} and {@code skip_<level>}; the logits are {@code
 * final/convolution}, channels last, and {@code output}.
 *
 * <p>Decoder blocks count their steps up from the bottom, whatever the number of levels; the published code's U-Net of
 * six levels counts {@code conv4_1}, {@code conv3_1}, {@code conv2_2} instead, so that checkpoints of that one network
 * have to be renamed.
 */
package org.efficientsegnet.nn.network;
