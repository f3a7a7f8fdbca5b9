// SPDX-License-Identifier: Apache-2.0
/**
 * Headers made of lines of text, read with bounds; sentences and markup that several outputs share.
 *
 * <p><strong>Internal</strong>: may change at any time.
 */
package org.efficientsegnet.io.text;
