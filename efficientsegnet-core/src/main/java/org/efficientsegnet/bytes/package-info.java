// SPDX-License-Identifier: Apache-2.0
/**
 * Goes through byte arrays by whole words. Internal: not for programs that use the library.
 *
 * <p><strong>Internal</strong>: may change at any time.
 */
package org.efficientsegnet.bytes;
