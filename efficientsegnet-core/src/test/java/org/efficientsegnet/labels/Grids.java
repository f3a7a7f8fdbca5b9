// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.labels;

import java.util.Random;
import org.efficientsegnet.volume.Box;
import org.efficientsegnet.volume.Layout;
import org.efficientsegnet.volume.Orientation;
import org.efficientsegnet.volume.Shape;

/** Label grids for tests: every storage type, every kind of layout. */
final class Grids {

    private static final String[] ORIENTATIONS = {"RAS", "LPI", "SAR", "ASL", "RIP", "PLS", "IRA"};

    private Grids() {}

    /** How labels lie in memory. */
    enum Placing {
        PLAIN,
        CROPPED,
        TURNED
    }

    /** Labels of a random volume: few or many of them, in blobs or as noise. */
    static int[] random(Shape shape, double density, int labels, int blob, long seed) {
        Random random = new Random(seed);
        int[] coarse = new int[shape.arrayLength()];
        for (int i = 0; i < coarse.length; i++) {
            coarse[i] = random.nextDouble() < density ? 1 + random.nextInt(labels) : 0;
        }
        int[] values = new int[coarse.length];
        for (int z = 0; z < shape.z(); z++) {
            for (int y = 0; y < shape.y(); y++) {
                for (int x = 0; x < shape.x(); x++) {
                    values[shape.index(z, y, x)] = coarse[shape.index(z / blob, y / blob, x / blob)];
                }
            }
        }
        return values;
    }

    /** A grid that shows these labels (C order), stored in so many bits and placed in a larger array or turned. */
    static LabelGrid place(Shape shape, int[] values, int bits, Placing placing, long seed) {
        Random random = new Random(seed);
        Layout layout = Layout.contiguous(shape);
        Shape stored = shape;
        if (placing == Placing.CROPPED) {
            stored = new Shape(shape.z() + 2, shape.y() + 3, shape.x() + 5);
            layout = Layout.contiguous(stored).crop(new Box(1, 2, 3, shape.z() + 1, shape.y() + 2, shape.x() + 3));
        } else if (placing == Placing.TURNED) {
            Orientation ras = Orientation.of("RAS");
            Orientation other = Orientation.of(ORIENTATIONS[random.nextInt(ORIENTATIONS.length)]);
            stored = Layout.contiguous(shape).reorient(ras, other).shape();
            layout = Layout.contiguous(stored).reorient(other, ras);
        }
        int n = stored.arrayLength();
        LabelArray array = switch (bits) {
            case 1 -> new LabelArray.MaskBit(new byte[n], random.nextInt(8));
            case 8 -> new LabelArray.Bytes(new byte[n]);
            case 16 -> new LabelArray.Shorts(new short[n]);
            default -> new LabelArray.Ints(new int[n]);
        };
        if (placing == Placing.CROPPED) {
            for (int i = 0; i < n; i++) {
                array.put(i, 1);
            }
        }
        for (int z = 0; z < shape.z(); z++) {
            for (int y = 0; y < shape.y(); y++) {
                for (int x = 0; x < shape.x(); x++) {
                    array.put(layout.index(z, y, x), values[shape.index(z, y, x)]);
                }
            }
        }
        return new LabelGrid(array, layout);
    }

    /** The labels of a grid in C order. */
    static int[] values(LabelGrid grid) {
        Shape shape = grid.shape();
        int[] values = new int[shape.arrayLength()];
        for (int z = 0; z < shape.z(); z++) {
            for (int y = 0; y < shape.y(); y++) {
                for (int x = 0; x < shape.x(); x++) {
                    values[shape.index(z, y, x)] = grid.label(z, y, x);
                }
            }
        }
        return values;
    }

    static int[] values(LabelArray array) {
        int[] values = new int[array.length()];
        for (int i = 0; i < values.length; i++) {
            values[i] = array.get(i);
        }
        return values;
    }
}
