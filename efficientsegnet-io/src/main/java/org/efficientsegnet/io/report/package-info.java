// SPDX-License-Identifier: Apache-2.0
/**
 * What a run did and found, as JSON for programs and as a web page for people.
 *
 * <p>{@link org.efficientsegnet.io.report.RunReport} is a pure function of the result, its input's identity and the
 * context of the run; the page is a pure function of that and the preview.
 */
package org.efficientsegnet.io.report;
