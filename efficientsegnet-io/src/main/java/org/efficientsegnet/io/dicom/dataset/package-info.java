// SPDX-License-Identifier: Apache-2.0
/**
 * DICOM data sets: the attributes of a file as a tree, read from every transfer syntax with limits and written as
 * explicit little endian. Knows encodings, no images.
 *
 * <p><strong>Internal</strong>: may change at any time.
 */
package org.efficientsegnet.io.dicom.dataset;
