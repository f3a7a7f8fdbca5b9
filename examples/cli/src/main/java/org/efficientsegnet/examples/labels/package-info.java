// SPDX-License-Identifier: Apache-2.0
/** {@code labels}: what can be done with a label map that is there already. */
package org.efficientsegnet.examples.labels;
