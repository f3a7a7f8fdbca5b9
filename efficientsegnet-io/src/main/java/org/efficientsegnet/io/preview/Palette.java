// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.preview;

import java.awt.Color;
import org.efficientsegnet.io.organs.OrganTable;

/** The colours of the picture. */
final class Palette {

    static final Color BACKGROUND = new Color(0x0f1318);
    static final Color FRAME = new Color(0x2a323d);
    static final Color TEXT = new Color(0xe8edf3);
    static final Color FAINT = new Color(0x8a97a8);

    private Palette() {}

    /** The colour of a label above 0, which other outputs give it too. */
    static Color organ(int label, String name) {
        return new Color(OrganTable.color(label, name).rgb());
    }
}
