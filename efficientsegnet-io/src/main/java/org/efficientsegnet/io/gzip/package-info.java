// SPDX-License-Identifier: Apache-2.0
/**
 * Gzip (RFC 1952) as readers of untrusted files and writers of large ones need it.
 *
 * <p><strong>Internal</strong>: may change at any time.
 */
package org.efficientsegnet.io.gzip;
