// SPDX-License-Identifier: Apache-2.0
/**
 * Many scans: which there are in a folder, what each is recognised by, what became of it, and what is remembered of a
 * finished one. A batch on one machine and one on a cluster keep the same states.
 */
package org.efficientsegnet.io.cases;
