// SPDX-License-Identifier: Apache-2.0
/** Where batches and trainings keep files: the node's own disk, and what appears whole in other file systems. */
package org.efficientsegnet.spark.storage;
