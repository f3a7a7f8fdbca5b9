// SPDX-License-Identifier: Apache-2.0
/**
 * Many scans, one model: finds the cases in a folder, keeps several in flight, goes on after a failed one and resumes
 * where an earlier run stopped.
 *
 * <p>Nothing here knows the networks: a batch is given a function from volume to segmentation.
 */
package org.efficientsegnet.examples.batch;
