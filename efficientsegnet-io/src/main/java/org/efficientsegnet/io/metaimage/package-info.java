// SPDX-License-Identifier: Apache-2.0
/**
 * MetaImage, as <a href="https://itk.org/Wiki/ITK/MetaIO/Documentation">MetaIO</a> writes it and ITK understands it:
 * {@code .mha} in one file and {@code .mhd} with a data file, raw or compressed, both byte orders.
 *
 * <p>Read are three-dimensional images, and those with further axes of extent 1, of one channel. Text data and data
 * split over several files are refused by name.
 */
package org.efficientsegnet.io.metaimage;
