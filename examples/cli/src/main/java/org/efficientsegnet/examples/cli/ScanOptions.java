// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import org.efficientsegnet.io.format.ReadOptions;
import picocli.CommandLine.Option;

/** How scans are read. */
final class ScanOptions {

    @Option(
            names = "--allow-uneven",
            description =
                    "Resample DICOM slices that are spaced unevenly to the finest of their distances. Default: such"
                            + " a series is an error.")
    private boolean uneven;

    @Option(
            names = "--skip-unreadable",
            description = "Leave out DICOM files that cannot be read, though they may be slices. Default: an error.")
    private boolean skipUnreadable;

    ReadOptions reading() {
        return ReadOptions.DEFAULT.withUnevenSpacing(uneven).withSkipUnreadable(skipUnreadable);
    }

    /** What changes results, by name; what is as by default is not there. */
    Map<String, String> settings() {
        Map<String, String> settings = new LinkedHashMap<>();
        if (uneven) {
            settings.put("uneven", "allowed");
        }
        if (skipUnreadable) {
            settings.put("unreadable", "skipped");
        }
        return settings;
    }
}
