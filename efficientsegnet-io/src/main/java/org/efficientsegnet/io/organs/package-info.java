// SPDX-License-Identifier: Apache-2.0
/** How organs are called, coded and coloured, in one table that every output takes them from. */
package org.efficientsegnet.io.organs;
