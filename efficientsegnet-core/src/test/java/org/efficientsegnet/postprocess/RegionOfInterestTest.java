// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.postprocess;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import org.efficientsegnet.volume.Bounds;
import org.efficientsegnet.volume.Box;
import org.efficientsegnet.volume.Geometry;
import org.efficientsegnet.volume.Orientation;
import org.efficientsegnet.volume.Shape;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RegionOfInterestTest {

    /** The sample scan's box on its coarse grid, from the reference's label map there. */
    private static final Box SAMPLE = new Box(73, 27, 9, 128, 110, 113);

    private static final Box SAMPLE_CROP = new Box(56, 14, 1, 112, 92, 112);

    @Test
    void theBoxOfTheSampleScanIsTheReferences() {
        assertEquals(
                SAMPLE_CROP,
                RegionOfInterest.fromCoarse(
                        SAMPLE, Shape.cube(128), new Shape(112, 101, 122), Geometry.of(Orientation.RAS, 3, 3, 3), 20));
    }

    @Test
    @Tag("shared")
    void theBoxOfTheSampleScansCoarseLabelsIsTheReferences() throws IOException {
        Path file = Path.of(System.getProperty("efficientsegnet.shared"), "model2/expected/example_ct_coarse.nii.gz");
        Shape shape = Shape.cube(128);
        Bounds found = new Bounds();
        try (InputStream in = new GZIPInputStream(Files.newInputStream(file))) {
            byte[] nifti = in.readAllBytes();
            for (int voxel = 0; voxel < shape.voxels(); voxel++) {
                if (nifti[352 + voxel] != 0) {
                    int x = voxel % shape.x();
                    found.add(voxel / shape.x() / shape.y(), voxel / shape.x() % shape.y(), x, x + 1);
                }
            }
        }
        assertEquals(Optional.of(SAMPLE), found.box());
    }

    /** The expected columns were worked out by the published lines, one axis at a time. */
    @ParameterizedTest
    @CsvSource({
        // extent, coarse extent, first, end, spacing, margin, start, end
        "512, 160, 0, 160, 0.7, 20, 0, 512",
        "512, 160, 40, 121, 0.7, 20, 99, 412",
        "512, 160, 41, 121, 0.75, 20, 104, 410",
        "100, 160, 3, 4, 5, 20, 0, 5",
        "100, 160, 3, 4, 5, 0, 1, 2",
        "97, 96, 95, 96, 2.5, 0, 95, 96",
        "80, 160, 159, 160, 2.5, 1, 78, 79"
    })
    void scalesAsThePublishedArithmetic(
            int full, int coarse, int first, int end, double spacing, double margin, int start, int stop) {
        Box box = RegionOfInterest.fromCoarse(
                new Box(0, first, 0, 1, end, 1),
                new Shape(1, coarse, 1),
                new Shape(1, full, 1),
                Geometry.of(Orientation.RAS, 1, spacing, 1),
                margin);
        assertEquals(start, box.y0());
        assertEquals(stop, box.y1());
    }

    @Test
    void spacingIsTakenFromTheRightAxis() {
        assertEquals(
                new Box(48, 45, 40, 52, 55, 60),
                RegionOfInterest.fromCoarse(
                        new Box(50, 50, 50, 51, 51, 51),
                        Shape.cube(100),
                        Shape.cube(100),
                        Geometry.of(Orientation.RAS, 1, 2, 5),
                        10));
    }

    @Test
    void refusesWhatMakesNoSense() {
        Geometry geometry = Geometry.of(Orientation.RAS, 1, 1, 1);
        Shape ten = Shape.cube(10);
        assertThrows(
                IllegalArgumentException.class,
                () -> RegionOfInterest.fromCoarse(new Box(0, 0, 0, 11, 1, 1), ten, ten, geometry, 1));
        assertThrows(
                IllegalArgumentException.class,
                () -> RegionOfInterest.fromCoarse(new Box(0, 0, 0, 1, 1, 1), ten, ten, geometry, -1));
    }
}
