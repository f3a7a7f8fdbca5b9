// SPDX-License-Identifier: Apache-2.0
/**
 * The C functions of the GPU library as Java methods; see {@code efficientsegnet_cuda.h} for what each does.
 *
 * <p><strong>Internal</strong>: may change at any time.
 */
package org.efficientsegnet.cuda.binding;
