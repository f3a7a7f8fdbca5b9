// SPDX-License-Identifier: Apache-2.0
/**
 * CT series in DICOM files: finding them in folders, putting their slices in order, and reading them as volumes; label
 * maps as DICOM SEG.
 *
 * <p>{@link org.efficientsegnet.io.dicom.DicomSeries} is the way in, {@link org.efficientsegnet.io.dicom.DicomSeg} the
 * way out; {@code dataset} reads and writes files, {@code pixel} decodes frames.
 */
package org.efficientsegnet.io.dicom;
