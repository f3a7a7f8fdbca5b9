// SPDX-License-Identifier: Apache-2.0
/**
 * Files as a program that may be stopped at any moment writes them.
 *
 * <p><strong>Internal</strong>: may change at any time.
 */
package org.efficientsegnet.files;
