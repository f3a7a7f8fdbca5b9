// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.preprocess;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import org.efficientsegnet.golden.GoldenArrays;
import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.volume.Layout;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Voxels;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PreprocessGoldenTest {

    private static final GoldenArrays GOLDEN = GoldenArrays.open("preprocess");

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void resamplingAndNormalisationAgreeWithTheReference(int i) {
        String name = "resample" + i;
        Shape from = GOLDEN.shape(name + ".input");
        Shape to = GOLDEN.shape(name + ".resampled");
        float[] values = Resampler.trilinear(
                new Voxels.Shorts(GOLDEN.shorts(name + ".input"), false),
                Layout.contiguous(from),
                1,
                0,
                to,
                Parallelism.common());
        assertArrayEquals(GOLDEN.floats(name + ".resampled"), values, 1e-3f, "HU");

        Normalizer.clipAndStandardize(values, -325, 325, 1e-5, Parallelism.common());
        assertArrayEquals(GOLDEN.floats(name + ".network_input"), values, 1e-5f, "network input");
    }
}
