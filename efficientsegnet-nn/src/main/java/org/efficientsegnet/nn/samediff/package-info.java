// SPDX-License-Identifier: Apache-2.0
/**
 * The engine that runs the SameDiff graphs as they are, in 32-bit arithmetic: the reference for all others.
 *
 * <p><strong>Internal</strong>: may change at any time.
 */
package org.efficientsegnet.nn.samediff;
