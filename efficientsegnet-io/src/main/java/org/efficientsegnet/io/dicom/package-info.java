/**
 * CT series in DICOM files: finding them in folders, putting their slices in order, and reading them as volumes.
 *
 * <p>{@link org.efficientsegnet.io.dicom.DicomSeries} is the way in; {@code dataset} reads files, {@code pixel} decodes
 * frames, {@code seg} writes and reads DICOM SEG.
 */
package org.efficientsegnet.io.dicom;
