// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.cli;

/** What the program ends with; part of its interface. */
public final class ExitCodes {

    /** Everything was done. */
    public static final int OK = 0;

    /** A case of a batch failed, or what was verified departs from its reference. */
    public static final int FAILED = 1;

    /** The command line is wrong; nothing was done. */
    public static final int USAGE = 2;

    /** A file cannot be read or written, or its content is bad. */
    public static final int FILE = 3;

    /** The model or the engine cannot be used, or the scan cannot be segmented. */
    public static final int SEGMENTATION = 4;

    /** A defect of the program. */
    public static final int DEFECT = 70;

    /** Stopped by Ctrl-C or a termination signal. */
    public static final int STOPPED = 130;

    private ExitCodes() {}
}
