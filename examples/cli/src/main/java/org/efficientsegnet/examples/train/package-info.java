// SPDX-License-Identifier: Apache-2.0
/** The commands that prepare a data set and train on it. */
package org.efficientsegnet.examples.train;
