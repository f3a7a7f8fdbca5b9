// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.spark;

import java.io.Serializable;
import java.util.List;

/** What executors do with cases. */
@FunctionalInterface
interface CaseWork extends Serializable {

    /** What is risked. */
    enum Phase {
        /** Cases that nothing is known against, side by side in an executor. */
        TOGETHER,
        /** A case that may have killed a virtual machine; an executor works on no other one meanwhile. */
        ALONE
    }

    /** Works on a task's cases, one after the other. */
    TaskReport run(Phase phase, List<ScanCase> cases);
}
