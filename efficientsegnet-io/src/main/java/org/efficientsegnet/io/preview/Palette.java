package org.efficientsegnet.io.preview;

import java.awt.Color;
import java.util.List;

/** The colours of the picture; organs are told apart on grey, by people with red-green blindness too. */
final class Palette {

    static final Color BACKGROUND = new Color(0x0f1318);
    static final Color FRAME = new Color(0x2a323d);
    static final Color TEXT = new Color(0xe8edf3);
    static final Color FAINT = new Color(0x8a97a8);

    private static final List<Color> ORGANS = List.of(
            new Color(0xff7a59),
            new Color(0x2ec4d6),
            new Color(0xa78bfa),
            new Color(0xffd23f),
            new Color(0x6ad48a),
            new Color(0xff8fc7),
            new Color(0x5aa2ff),
            new Color(0xc6e04f),
            new Color(0xd9a066),
            new Color(0x9be7d8),
            new Color(0xe26d8f),
            new Color(0xb8c0ff));

    private Palette() {}

    /** The colour of a label above 0. */
    static Color organ(int label) {
        return ORGANS.get((label - 1) % ORGANS.size());
    }

    /** The colour in a web page. */
    static String hex(Color color) {
        return String.format("#%06x", color.getRGB() & 0xffffff);
    }
}
