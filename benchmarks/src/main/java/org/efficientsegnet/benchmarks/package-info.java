// SPDX-License-Identifier: Apache-2.0
/**
 * What the library costs, in time and memory, beside named peers in the same run. RESULTS.md has the figures.
 *
 * <p>The peers are a dependency of this module alone, and their models are not part of the source tree: {@code
 * -Defficientsegnet.peers=DIR} names the folder with {@code fine192.onnx} and {@code coarse160.onnx}; benchmarks that
 * lack their input end with a message that says so.
 */
package org.efficientsegnet.benchmarks;
