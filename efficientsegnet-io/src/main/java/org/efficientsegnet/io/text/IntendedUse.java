// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.text;

/** What results may be used for; every output that people read says it. */
public final class IntendedUse {

    /** One sentence. */
    public static final String NOTICE = "Not for clinical use: for research and software testing only.";

    private IntendedUse() {}
}
