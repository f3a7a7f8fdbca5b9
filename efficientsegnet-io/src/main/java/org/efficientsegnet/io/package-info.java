// SPDX-License-Identifier: Apache-2.0
/**
 * Scans and label maps from and to files.
 *
 * <p>{@link org.efficientsegnet.io.Volumes} reads a scan of any supported format, which it recognises by content;
 * {@link org.efficientsegnet.io.LabelMaps} writes and reads label maps. The formats have packages of their own.
 */
package org.efficientsegnet.io;
