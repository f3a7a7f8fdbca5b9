// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn;

import java.util.List;

/**
 * Tasks that do not depend on each other, each a few calls in turn; all have to end before the next job begins.
 *
 * @param tasks in the order in which they are taken
 * @param nanos how long all of them take one worker, roughly
 */
record Job(List<List<Call>> tasks, long nanos) {

    Job {
        tasks = tasks.stream().map(List::copyOf).toList();
    }
}
