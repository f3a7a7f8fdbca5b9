// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.preprocess;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.volume.Geometry;
import org.efficientsegnet.volume.Orientation;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Volume;
import org.efficientsegnet.volume.Voxels;
import org.junit.jupiter.api.Test;

class NonFiniteVoxelsTest {

    private static final Shape SHAPE = new Shape(4, 5, 6);
    private static final Geometry GEOMETRY = Geometry.of(Orientation.RAS, 1, 1, 1);

    @Test
    void namesHowManyAndWhereTheFirstIs() {
        float[] hu = new float[SHAPE.arrayLength()];
        hu[SHAPE.index(3, 0, 0)] = Float.NaN;
        hu[SHAPE.index(2, 4, 1)] = Float.NEGATIVE_INFINITY;
        hu[SHAPE.index(2, 3, 5)] = Float.NaN;
        Volume volume = Volume.ofHu(SHAPE, GEOMETRY, hu);
        NonFiniteVoxelsException e =
                assertThrows(NonFiniteVoxelsException.class, () -> NonFiniteVoxels.check(volume, Parallelism.common()));
        assertEquals(3, e.count());
        assertTrue(e.getMessage().contains("z 2, y 3, x 5"), e.getMessage());
    }

    @Test
    void seesAnOverflowThatOnlyTheSlopeCauses() {
        short[] stored = new short[SHAPE.arrayLength()];
        stored[7] = 30000;
        Voxels voxels = new Voxels.Shorts(stored, false);
        assertDoesNotThrow(
                () -> NonFiniteVoxels.check(new Volume(SHAPE, GEOMETRY, voxels, 1, -1024), Parallelism.SINGLE));
        NonFiniteVoxelsException e = assertThrows(
                NonFiniteVoxelsException.class,
                () -> NonFiniteVoxels.check(new Volume(SHAPE, GEOMETRY, voxels, 1e36, 0), Parallelism.SINGLE));
        assertEquals(1, e.count());
    }

    @Test
    void finiteFloatsPass() {
        float[] hu = new float[SHAPE.arrayLength()];
        hu[3] = 3000;
        assertDoesNotThrow(() -> NonFiniteVoxels.check(Volume.ofHu(SHAPE, GEOMETRY, hu), Parallelism.SINGLE));
    }
}
