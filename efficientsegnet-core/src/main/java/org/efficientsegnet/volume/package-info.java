// SPDX-License-Identifier: Apache-2.0
/**
 * Scans, label maps and where they lie in the patient.
 *
 * <p>Arrays are in C order with axes z, y, x: x is the fastest. World coordinates are NIfTI's: millimetres, growing
 * towards the patient's Right, Anterior and Superior side.
 */
package org.efficientsegnet.volume;
