// SPDX-License-Identifier: Apache-2.0
/**
 * Finds abdominal organs in CT scans.
 *
 * <p>{@link org.efficientsegnet.Segmenter} is the way in.
 */
package org.efficientsegnet;
