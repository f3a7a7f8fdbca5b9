// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.imagej;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ij.IJ;
import ij.ImagePlus;
import ij.ImageStack;
import ij.io.FileSaver;
import ij.measure.Calibration;
import ij.plugin.FolderOpener;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.efficientsegnet.io.Volumes;
import org.efficientsegnet.io.organs.OrganTable;
import org.efficientsegnet.volume.Geometry;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.Orientation;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Volume;
import org.efficientsegnet.volume.Voxels;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class StacksTest {

    private static final Shape SHAPE = new Shape(3, 4, 5);
    private static final Geometry GEOMETRY = Geometry.of(Orientation.of("LPI"), 0.7, 0.8, 2.5);

    @TempDir
    Path folder;

    static Stream<Arguments> voxels() {
        int n = SHAPE.arrayLength();
        byte[] bytes = new byte[n];
        short[] shorts = new short[n];
        int[] ints = new int[n];
        float[] floats = new float[n];
        Random random = new Random(3);
        random.nextBytes(bytes);
        for (int i = 0; i < n; i++) {
            shorts[i] = (short) (random.nextInt(4000) - 1500);
            ints[i] = random.nextInt(4000) - 1500;
            floats[i] = (float) (300 * random.nextGaussian());
        }
        short[] whole = shorts.clone();
        whole[0] = Short.MIN_VALUE;
        whole[1] = Short.MAX_VALUE;
        return Stream.of(
                Arguments.of(new Voxels.Bytes(bytes, true), 8.0, -1024.0),
                Arguments.of(new Voxels.Bytes(bytes, false), 1.0, 0.0),
                Arguments.of(new Voxels.Shorts(whole, false), 1.0, 0.0),
                Arguments.of(new Voxels.Shorts(shorts, false), 0.5, -10.0),
                Arguments.of(new Voxels.Shorts(whole, true), 1.0, -1024.0),
                Arguments.of(new Voxels.Ints(ints, false), 2.0, 3.0),
                Arguments.of(new Voxels.Floats(floats), -1.0, 40.0));
    }

    /** ImageJ's own calibrated values are the reference. */
    @ParameterizedTest
    @MethodSource("voxels")
    void valuesAndScaleAreTheSameInImageJAndOnTheWayBack(Voxels voxels, double slope, double intercept) {
        Volume volume = new Volume(SHAPE, GEOMETRY, voxels, slope, intercept);
        ImagePlus image = Stacks.toImagePlus(volume, "ct");
        assertEquals(3, image.getNSlices());
        assertEquals(0.7, image.getCalibration().pixelWidth);
        assertEquals(0.8, image.getCalibration().pixelHeight);
        assertEquals(2.5, image.getCalibration().pixelDepth);
        assertSameHu(volume, image);
        Volume back = Stacks.toVolume(image, Orientation.of("LPI"));
        assertEquals(GEOMETRY, back.geometry());
        assertSameHu(back, image);
    }

    private static void assertSameHu(Volume volume, ImagePlus image) {
        assertEquals(volume.shape().z(), image.getStackSize());
        for (int z = 0; z < volume.shape().z(); z++) {
            image.setSlice(z + 1);
            for (int y = 0; y < volume.shape().y(); y++) {
                for (int x = 0; x < volume.shape().x(); x++) {
                    float raw = image.getProcessor().getf(x, y);
                    double hu = image.getCalibration().getCValue((double) raw);
                    assertEquals(hu, volume.hu(z, y, x), 1e-3, z + " " + y + " " + x);
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("voxels")
    void aTiffThatImageJWroteAndReadIsTheSameVolume(Voxels voxels, double slope, double intercept) {
        ImagePlus image = Stacks.toImagePlus(new Volume(SHAPE, GEOMETRY, voxels, slope, intercept), "ct");
        Path file = folder.resolve("ct.tif");
        assertTrue(new FileSaver(image).saveAsTiffStack(file.toString()));
        Volume back = Stacks.toVolume(IJ.openImage(file.toString()), Orientation.of("LPI"));
        assertTrue(back.geometry().isCloseTo(GEOMETRY, 1e-6), back.geometry()::toString);
        assertSameHu(back, image);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "axial from the feet|1\\0\\0\\0\\1\\0|0,0,1|LPS",
                "axial from the head|1\\0\\0\\0\\1\\0|0,0,-1|LPI",
                "prone|-1\\0\\0\\0\\-1\\0|0,0,1|RAS",
                "coronal|1\\0\\0\\0\\0\\-1|0,-1,0|LIA",
                "oblique|0.96\\0.28\\0\\-0.28\\0.96\\0|0,0,1|LPS"
            })
    void aSeriesThatImageJOpenedLiesWhereTheLibraryReadsIt(
            String name, String directions, String normal, String expected) throws IOException {
        double[] step = Arrays.stream(normal.split(","))
                .mapToDouble(Double::parseDouble)
                .toArray();
        double[][] positions = new double[4][];
        short[] pixels = new short[4 * 6 * 5];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (short) (900 + 7 * i);
        }
        for (int i = 0; i < 4; i++) {
            positions[i] = new double[] {-40 + 3 * i * step[0], 25 + 3 * i * step[1], -700 + 3 * i * step[2]};
        }
        DicomSlices.write(folder, directions, positions, 6, 5, "0.8\\0.7", pixels);
        ImagePlus image = FolderOpener.open(folder.toString());
        assertEquals(Optional.of(Orientation.of(expected)), Stacks.orientation(image));
        Volume volume = Stacks.toVolume(image, Orientation.of(expected));
        Volume read = Volumes.read(folder);
        assertSameHu(volume, image);
        // The library may put the slices into the other order; the place of every voxel is the same.
        for (int z = 0; z < 4; z++) {
            for (int y = 0; y < 6; y++) {
                for (int x = 0; x < 5; x++) {
                    double[] world = volume.geometry().toWorld(x, y, z);
                    double[] index = read.geometry().toIndex(world[0], world[1], world[2]);
                    assertEquals(
                            read.hu((int) Math.round(index[2]), (int) Math.round(index[1]), (int) Math.round(index[0])),
                            volume.hu(z, y, x));
                    assertEquals(Math.rint(index[2]), index[2], 1e-4);
                    assertEquals(Math.rint(index[0]), index[0], 1e-4);
                }
            }
        }
        // Whoever says otherwise is believed.
        assertEquals(
                Orientation.of("RIP"),
                Stacks.toVolume(image, Orientation.of("RIP")).geometry().orientation());
    }

    @Test
    void missingSlicesAndMixedOrientationsAreRefused() throws IOException {
        double[][] positions = {{0, 0, 0}, {0, 0, 3}, {0, 0, 9}};
        DicomSlices.write(folder, "1\\0\\0\\0\\1\\0", positions, 2, 2, "1\\1", new short[12]);
        ImagePlus image = FolderOpener.open(folder.toString());
        assertTrue(assertThrows(StackException.class, () -> Stacks.orientation(image))
                .getMessage()
                .contains("slices are missing"));
        String label = image.getStack().getSliceLabel(3);
        image.getStack().setSliceLabel(label.replace("1\\0\\0\\0\\1\\0", "0\\1\\0\\1\\0\\0"), 3);
        assertTrue(assertThrows(StackException.class, () -> Stacks.orientation(image))
                .getMessage()
                .contains("different orientations"));
        image.getStack().setSliceLabel("no header", 3);
        assertEquals(Optional.empty(), Stacks.orientation(image));
    }

    static Stream<Arguments> refused() {
        return Stream.of(
                refused("in colour", image("RGB white", 3), image -> {}),
                refused("one image", image("16-bit black", 1), image -> {}),
                refused("2 channels", image("16-bit black", 6), image -> image.setDimensions(2, 3, 1)),
                refused("3 frames", image("16-bit black", 6), image -> image.setDimensions(1, 2, 3)),
                refused("1.0 pixel", image("16-bit black", 3), image -> image.setCalibration(new Calibration())),
                refused("set it in mm", image("16-bit black", 3), image -> image.getCalibration().pixelDepth = 0),
                refused(
                        "straight line",
                        image("8-bit black", 3),
                        image -> image.getCalibration()
                                .setFunction(Calibration.EXPONENTIAL, new double[] {1, 2}, "OD")));
    }

    private static Arguments refused(String message, ImagePlus image, Consumer<ImagePlus> change) {
        change.accept(image);
        return Arguments.of(message, image);
    }

    private static ImagePlus image(String type, int slices) {
        ImagePlus image = IJ.createImage("ct", type, 4, 4, slices);
        image.getCalibration().setUnit("mm");
        return image;
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("refused")
    void whatIsNoScanIsRefusedWithTheRemedy(String message, ImagePlus image) {
        String told = assertThrows(StackException.class, () -> Stacks.toVolume(image, Orientation.RAS))
                .getMessage();
        assertTrue(told.contains(message), told);
    }

    @Test
    void otherUnitsAndFramesInThePlaceOfSlices() {
        ImagePlus image = image("32-bit black", 5);
        image.setDimensions(1, 1, 5);
        image.getCalibration().setUnit("cm");
        image.getCalibration().setZUnit("\u00b5m");
        image.getCalibration().pixelDepth = 2500;
        Volume volume = Stacks.toVolume(image, Orientation.RAS);
        assertEquals(new Shape(5, 4, 4), volume.shape());
        assertEquals(Geometry.of(Orientation.RAS, 10, 10, 2.5), volume.geometry());
    }

    /** The picture that ImageJ renders has the organs' colours. */
    @Test
    void labelsAreShownInTheirColours() {
        byte[] labels = new byte[SHAPE.arrayLength()];
        labels[SHAPE.index(1, 2, 3)] = 3;
        labels[SHAPE.index(1, 0, 0)] = 1;
        labels[SHAPE.index(2, 3, 4)] = (byte) 200;
        ImagePlus image = Stacks.toImagePlus(
                new LabelMap(SHAPE, GEOMETRY, labels, new TreeMap<>(Map.of(1, "liver", 3, "spleen"))), "labels");
        ImageStack stack = image.getStack();
        assertEquals(3, stack.getProcessor(2).get(3, 2));
        assertEquals(200, stack.getProcessor(3).get(4, 3));
        image.setSlice(2);
        assertEquals(
                OrganTable.color(3, "spleen").rgb(),
                0xffffff & image.getBufferedImage().getRGB(3, 2));
        assertEquals(
                OrganTable.color(1, "liver").rgb(),
                0xffffff & image.getBufferedImage().getRGB(0, 0));
        assertEquals(0, 0xffffff & image.getBufferedImage().getRGB(1, 1));
        assertEquals(0.7, image.getCalibration().pixelWidth);
        assertEquals(
                List.of("1\tliver", "3\tspleen"),
                image.getProperty("Info").toString().lines().toList());
    }
}
