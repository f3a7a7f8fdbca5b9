// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn;

/** A part of a task: something that a worker computes, serially. */
interface Call {

    /** Computes; when it returns, the results are there. */
    void run(Worker worker);

    /** What computes, for tables. */
    String implementation();
}
