// SPDX-License-Identifier: Apache-2.0
/**
 * What a data set looks like before anything is trained on it: extents, spacings and orientations of the scans; volume,
 * intensity, position and shape of the organs. {@link org.efficientsegnet.nn.train.analyze.CaseAnalysis} measures a
 * case, {@link org.efficientsegnet.nn.train.analyze.DatasetAnalysis} joins cases,
 * {@link org.efficientsegnet.nn.train.analyze.AnalysisReport} writes them down.
 */
package org.efficientsegnet.nn.train.analyze;
