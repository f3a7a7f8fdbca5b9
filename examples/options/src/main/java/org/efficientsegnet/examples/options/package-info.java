// SPDX-License-Identifier: Apache-2.0
/** Options of a training as chosen on a command line: the same for one machine and for many. */
package org.efficientsegnet.examples.options;
