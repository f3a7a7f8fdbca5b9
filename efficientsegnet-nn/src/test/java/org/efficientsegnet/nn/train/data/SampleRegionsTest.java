// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.data;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.efficientsegnet.postprocess.RegionOfInterest;
import org.efficientsegnet.volume.Box;
import org.efficientsegnet.volume.Geometry;
import org.efficientsegnet.volume.Orientation;
import org.efficientsegnet.volume.Shape;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SampleRegionsTest {

    /** A network is trained on what it will see: with the same labels on the same grid both ways cut the same box. */
    @ParameterizedTest
    @ValueSource(doubles = {0, 1, 7.3, 20})
    void trainingCutsAsThePipelineDoes(double marginMm) {
        Shape shape = new Shape(40, 60, 50);
        Geometry geometry = Geometry.of(Orientation.RAS, 0.7, 1.1, 2.5);
        byte[] labels = new byte[shape.arrayLength()];
        for (int z = 12; z < 30; z++) {
            for (int y = 20; y < 41; y++) {
                for (int x = 9; x < 37; x++) {
                    labels[shape.index(z, y, x)] = 2;
                }
            }
        }
        Box found = new Box(12, 20, 9, 30, 41, 37);
        Box seen = RegionOfInterest.fromCoarse(found, shape, shape, geometry, marginMm);
        PreparedCase prepared = new PreparedCase("case", shape, geometry, new short[labels.length], labels);
        assertEquals(seen, SampleRegions.around(prepared, SampleRegions.organs(prepared), marginMm));
    }
}
