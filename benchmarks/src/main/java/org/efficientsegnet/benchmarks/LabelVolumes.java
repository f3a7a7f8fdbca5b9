// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.benchmarks;

import java.util.Random;
import org.efficientsegnet.volume.Shape;

/** Label volumes of the extent of a large scan: organs, noise, stripes. */
final class LabelVolumes {

    static final Shape SHAPE = new Shape(400, 512, 512);

    private static final int ORGANS = 13;

    private LabelVolumes() {}

    static byte[] make(String kind) {
        return switch (kind) {
            case "organs" -> organs();
            case "noise" -> noise();
            case "stripes" -> stripes();
            default -> throw new IllegalArgumentException(kind);
        };
    }

    /** Thirteen bodies with uneven surfaces, together about a tenth of the volume. */
    private static byte[] organs() {
        byte[] labels = new byte[SHAPE.arrayLength()];
        Random random = new Random(13);
        for (int label = 1; label <= ORGANS; label++) {
            double[] centre = {60 + random.nextInt(280), 120 + random.nextInt(270), 100 + random.nextInt(310)};
            double[] radius = {20 + random.nextInt(60), 20 + random.nextInt(60), 25 + random.nextInt(70)};
            for (int z = 0; z < SHAPE.z(); z++) {
                double dz = (z - centre[0]) / radius[0];
                for (int y = 0; Math.abs(dz) < 1.2 && y < SHAPE.y(); y++) {
                    double dy = (y - centre[1]) / radius[1];
                    for (int x = 0; Math.abs(dy) < 1.2 && x < SHAPE.x(); x++) {
                        double dx = (x - centre[2]) / radius[2];
                        double uneven = 0.1 * Math.sin(x * 0.31 + y * 0.17) * Math.sin(z * 0.23 + y * 0.4);
                        if (dx * dx + dy * dy + dz * dz < 1 + uneven) {
                            labels[SHAPE.index(z, y, x)] = (byte) label;
                        }
                    }
                }
            }
        }
        return labels;
    }

    /** Every second voxel, at random. */
    private static byte[] noise() {
        byte[] labels = new byte[SHAPE.arrayLength()];
        new Random(50).nextBytes(labels);
        for (int i = 0; i < labels.length; i++) {
            labels[i] &= 1;
        }
        return labels;
    }

    /** Two voxels of one of two labels, two of none, along x, in every second row: as many runs as there can be of use. */
    private static byte[] stripes() {
        byte[] labels = new byte[SHAPE.arrayLength()];
        for (int i = 0; i < labels.length; i++) {
            int x = i % SHAPE.x();
            int y = i / SHAPE.x() % SHAPE.y();
            labels[i] = (byte) (y % 2 == 0 && x % 4 < 2 ? 1 + x / 4 % 2 : 0);
        }
        return labels;
    }
}
