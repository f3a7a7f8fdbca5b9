// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.cli;

import org.efficientsegnet.CancellationToken;

/**
 * What the commands are given from outside.
 *
 * @param segmenters loads segmenters
 * @param cancellation stops what is running
 * @param terminal whether a person is watching, so that a progress bar makes sense
 */
record Environment(SegmenterFactory segmenters, CancellationToken cancellation, boolean terminal) {}
