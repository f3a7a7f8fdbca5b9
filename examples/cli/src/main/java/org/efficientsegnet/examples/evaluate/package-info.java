// SPDX-License-Identifier: Apache-2.0
/** Compares label maps, one pair or folders of them, and shows the scores as a table or as JSON. */
package org.efficientsegnet.examples.evaluate;
