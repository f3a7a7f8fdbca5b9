// SPDX-License-Identifier: Apache-2.0
/**
 * Networks on NVIDIA GPUs: the engine {@code cuda}, which needs the driver and nothing else.
 *
 * <p>{@link org.efficientsegnet.cuda.CudaEngine} is found by the segmenter by itself. The library of kernels comes in
 * the jar of this module with the classifier {@code linux-x86_64-cuda}.
 *
 * <p><strong>Internal</strong>: may change at any time.
 */
package org.efficientsegnet.cuda;
