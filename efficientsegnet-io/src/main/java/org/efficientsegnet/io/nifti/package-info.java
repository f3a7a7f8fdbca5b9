// SPDX-License-Identifier: Apache-2.0
/**
 * NIfTI-1 and NIfTI-2, as the <a href="https://nifti.nimh.nih.gov/">standard</a> defines them: single files and pairs,
 * plain and compressed, both byte orders.
 *
 * <p>Read are 3-D images, and 4-D ones of a single volume, of every integer and floating-point type up to 64 bits; RGB,
 * complex and 128-bit types and ANALYZE 7.5 are refused by name. Extensions are passed over.
 */
package org.efficientsegnet.io.nifti;
