// SPDX-License-Identifier: Apache-2.0
/**
 * The way from a volume to a label map, from the whole scan to the region (Zhang, Wang, Yang 2021, section 2).
 *
 * <p><strong>Internal</strong>: may change at any time.
 */
package org.efficientsegnet.pipeline;
