// SPDX-License-Identifier: Apache-2.0
/** Loops over the caller's threads. */
package org.efficientsegnet.parallel;
