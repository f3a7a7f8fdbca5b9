// SPDX-License-Identifier: Apache-2.0
/**
 * Voxel arrays from and to raw bytes, in every numeric type and both byte orders.
 *
 * <p><strong>Internal</strong>: may change at any time.
 */
package org.efficientsegnet.io.raster;
