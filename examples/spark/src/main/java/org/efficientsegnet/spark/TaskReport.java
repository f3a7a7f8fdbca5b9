// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.spark;

import java.io.Serializable;
import java.util.List;

/**
 * What a task tells the driver.
 *
 * @param rows lines of JSON, one a case that has ended
 * @param postponed cases that were not begun, since an earlier attempt of the task lost its virtual machine
 * @param suspects cases that were being worked on when a virtual machine was lost
 * @param fatal why no case at all can be done, else null
 */
record TaskReport(List<String> rows, List<ScanCase> postponed, List<ScanCase> suspects, String fatal)
        implements Serializable {

    /** Copies the lists. */
    TaskReport {
        rows = List.copyOf(rows);
        postponed = List.copyOf(postponed);
        suspects = List.copyOf(suspects);
    }
}
