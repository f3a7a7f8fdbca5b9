// SPDX-License-Identifier: Apache-2.0
/**
 * Pixels of DICOM files: which stored values a frame has, from native encodings and from compressed ones. Knows neither
 * series nor Hounsfield units.
 *
 * <p><strong>Internal</strong>: may change at any time.
 */
package org.efficientsegnet.io.dicom.pixel;
