// SPDX-License-Identifier: Apache-2.0
/**
 * The library in ImageJ and Fiji: {@link org.efficientsegnet.imagej.Stacks} turns ImageJ's stacks into volumes and label
 * maps into stacks, {@link org.efficientsegnet.imagej.ImgViews} shows volumes and labels to imglib2 without a copy, {@link
 * org.efficientsegnet.imagej.SegmentOrgans} is the plugin.
 */
package org.efficientsegnet.imagej;
