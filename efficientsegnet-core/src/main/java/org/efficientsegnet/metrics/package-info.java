// SPDX-License-Identifier: Apache-2.0
/**
 * How well two label maps agree, and what an organ measures; usable without the rest of the library.
 *
 * <p>Overlap: {@link org.efficientsegnet.metrics.Dice}. Distances between surfaces:
 * {@link org.efficientsegnet.metrics.SurfaceDistances}. Both for every label of two maps:
 * {@link org.efficientsegnet.metrics.Evaluation}. Volume and Hounsfield units:
 * {@link org.efficientsegnet.metrics.LabelStatistics}.
 */
package org.efficientsegnet.metrics;
