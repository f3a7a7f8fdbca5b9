// SPDX-License-Identifier: Apache-2.0
/** Batches on many machines, by Apache Spark. */
package org.efficientsegnet.spark;
