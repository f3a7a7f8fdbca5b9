// SPDX-License-Identifier: Apache-2.0
/**
 * From a scan as stored to the input of a network: resampling to a fixed size, clipping and normalisation.
 *
 * <p>All arrays are in C order with axes z, y, x.
 *
 * <p><strong>SPI</strong>: for those who write an engine; may change in minor versions.
 */
package org.efficientsegnet.preprocess;
