// SPDX-License-Identifier: Apache-2.0
/**
 * NRRD, as <a href="https://teem.sourceforge.net/nrrd/format.html">its definition</a> has it: header and data in one
 * file or in two, raw or gzip, both byte orders.
 *
 * <p>Read are three-dimensional arrays, and those with further axes of extent 1, of every integer and floating-point
 * type. Text, hexadecimal and bzip2 encodings, blocks, and data split over several files are refused by name. Segment
 * names are written and read as 3D Slicer has them in {@code .seg.nrrd}.
 */
package org.efficientsegnet.io.nrrd;
