// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.postprocess;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Random;
import org.efficientsegnet.volume.Box;
import org.efficientsegnet.volume.Layout;
import org.efficientsegnet.volume.Orientation;
import org.efficientsegnet.volume.Shape;
import org.junit.jupiter.api.Test;

class LabelPainterTest {

    @Test
    void laterLabelsWinAndTheRestStays() {
        byte[] masks = {0, 1, 2, 3, 4, 7, 8, 9};
        byte[] labels = {9, 9, 9, 9, 9, 9, 9, 9};
        Shape shape = Shape.cube(2);
        LabelPainter.paint(masks, 3, 1, shape, labels, Layout.contiguous(shape));
        assertArrayEquals(new byte[] {9, 1, 2, 2, 3, 3, 9, 1}, labels);
        LabelPainter.paint(masks, 1, 255, shape, labels, Layout.contiguous(shape));
        assertArrayEquals(new byte[] {9, -1, 2, -1, 3, -1, 9, -1}, labels);
    }

    @Test
    void paintsIntoACropOfAnyOrientation() {
        Shape stored = new Shape(5, 12, 21);
        Random random = new Random(1);
        for (Orientation from : Orientation.all()) {
            Layout oriented = Layout.contiguous(stored).reorient(from, Orientation.RAS);
            Shape whole = oriented.shape();
            Box box = new Box(1, 2, 1, whole.z() - 1, whole.y() - 1, whole.x());
            byte[] masks = new byte[box.shape().arrayLength()];
            random.nextBytes(masks);
            byte[] labels = new byte[stored.arrayLength()];
            LabelPainter.paint(masks, 8, 11, box.shape(), labels, oriented.crop(box));
            for (int z = 0; z < whole.z(); z++) {
                for (int y = 0; y < whole.y(); y++) {
                    for (int x = 0; x < whole.x(); x++) {
                        int label = labels[oriented.index(z, y, x)];
                        boolean inside = z >= 1 && y >= 2 && x >= 1 && z < box.z1() && y < box.y1();
                        int mask = inside ? masks[box.shape().index(z - 1, y - 2, x - 1)] & 0xff : 0;
                        assertEquals(
                                mask == 0
                                        ? 0
                                        : 11 + Integer.toBinaryString(mask).length() - 1,
                                label);
                    }
                }
            }
        }
    }

    @Test
    void refusesWhatDoesNotFit() {
        Shape two = Shape.cube(2);
        Layout layout = Layout.contiguous(two);
        byte[] eight = new byte[8];
        assertThrows(
                IllegalArgumentException.class,
                () -> LabelPainter.paint(new byte[27], 1, 1, Shape.cube(3), new byte[27], layout));
        assertThrows(IllegalArgumentException.class, () -> LabelPainter.paint(new byte[7], 1, 1, two, eight, layout));
        assertThrows(IllegalArgumentException.class, () -> LabelPainter.paint(eight, 9, 1, two, eight, layout));
        assertThrows(IllegalArgumentException.class, () -> LabelPainter.paint(eight, 2, 255, two, eight, layout));
        assertThrows(IllegalArgumentException.class, () -> LabelPainter.paint(eight, 2, 0, two, eight, layout));
    }
}
