// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.imagej;

import ij.ImagePlus;
import ij.ImageStack;
import ij.measure.Calibration;
import ij.process.LUT;
import java.util.Map;
import java.util.Optional;
import org.efficientsegnet.io.organs.OrganColor;
import org.efficientsegnet.io.organs.OrganTable;
import org.efficientsegnet.volume.Axis;
import org.efficientsegnet.volume.Geometry;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.Orientation;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Volume;
import org.efficientsegnet.volume.Voxels;

/**
 * ImageJ's stacks as volumes and the other way, with calibration: the size of voxels, and the line from stored values to
 * Hounsfield units. Slices of ImageJ are arrays of their own, so that one copy is made either way.
 *
 * <p>A stack does not say how it lies in the patient, unless it was opened from DICOM: then the slices' headers do
 * ({@link #orientation}). Columns are x, rows y, slices z.
 *
 * <p>Thread-safe: pure functions; the stacks must not change meanwhile.
 */
public final class Stacks {

    private static final Map<String, Double> MILLIMETRES = Map.ofEntries(
            Map.entry("mm", 1.0),
            Map.entry("millimeter", 1.0),
            Map.entry("millimeters", 1.0),
            Map.entry("cm", 10.0),
            Map.entry("centimeter", 10.0),
            Map.entry("m", 1000.0),
            Map.entry("meter", 1000.0),
            Map.entry("inch", 25.4),
            Map.entry("inches", 25.4),
            Map.entry("um", 1e-3),
            Map.entry("\u00b5m", 1e-3),
            Map.entry("micron", 1e-3),
            Map.entry("microns", 1e-3),
            Map.entry("micrometer", 1e-3));

    private static final int SIGNED_OFFSET = 32768;

    private Stacks() {}

    /**
     * How a stack lies in the patient by the DICOM headers of its slices.
     *
     * @return nothing if it has none
     * @throws StackException if the headers contradict each other, or the stack is no volume
     */
    public static Optional<Orientation> orientation(ImagePlus image) {
        requireVolume(image);
        return placed(image).map(Geometry::orientation);
    }

    /**
     * A volume of a stack.
     *
     * @param image of 8, 16 or 32 bits, one channel, with a scale in a unit of length
     * @param orientation how its columns, rows and slices lie in the patient; where the slices' DICOM headers say the same,
     *     their exact directions and positions are taken
     * @throws StackException if the stack is no volume, or values or scale are not calibrated for one; the message names the
     *     remedy
     */
    public static Volume toVolume(ImagePlus image, Orientation orientation) {
        requireVolume(image);
        Geometry geometry = placed(image)
                .filter(placed -> placed.orientation().equals(orientation))
                .orElseGet(() -> {
                    double[] mm = spacing(image);
                    return Geometry.of(orientation, mm[0], mm[1], mm[2]);
                });
        double[] line = line(image.getCalibration());
        Shape shape = new Shape(image.getStackSize(), image.getHeight(), image.getWidth());
        return new Volume(shape, geometry, voxels(image, shape), line[1], line[0]);
    }

    /**
     * A stack of a volume, with calibration. 16 bits become 16 bits, signed ones as ImageJ has them, unsigned bytes stay
     * bytes; all else becomes HU in 32 bits, since ImageJ calibrates values of up to 16 bits only.
     *
     * @param title of its window
     */
    public static ImagePlus toImagePlus(Volume volume, String title) {
        Shape shape = volume.shape();
        Voxels voxels = volume.voxels();
        boolean isShort = voxels instanceof Voxels.Shorts;
        boolean isByte = voxels instanceof Voxels.Bytes b && b.unsigned();
        boolean isSigned = voxels instanceof Voxels.Shorts s && !s.unsigned();
        ImageStack stack = new ImageStack(shape.x(), shape.y());
        int slice = shape.y() * shape.x();
        float[] stored = new float[slice];
        for (int z = 0; z < shape.z(); z++) {
            Object pixels;
            if (isByte) {
                byte[] values = new byte[slice];
                System.arraycopy(((Voxels.Bytes) voxels).values(), z * slice, values, 0, slice);
                pixels = values;
            } else if (isShort) {
                short[] values = new short[slice];
                System.arraycopy(((Voxels.Shorts) voxels).values(), z * slice, values, 0, slice);
                if (isSigned) {
                    shift(values);
                }
                pixels = values;
            } else {
                voxels.copyTo(z * slice, 1, stored, 0, slice);
                float[] values = new float[slice];
                for (int i = 0; i < slice; i++) {
                    values[i] = (float) (volume.slope() * stored[i] + volume.intercept());
                }
                pixels = values;
            }
            stack.addSlice(null, pixels);
        }
        ImagePlus image = new ImagePlus(title, stack);
        scale(image, volume.geometry());
        if (isShort || isByte) {
            double intercept = volume.intercept() - (isSigned ? volume.slope() * SIGNED_OFFSET : 0);
            image.getCalibration()
                    .setFunction(Calibration.STRAIGHT_LINE, new double[] {intercept, volume.slope()}, "HU");
        }
        return image;
    }

    /**
     * A stack of labels: 8 bits, the value is the label, with the organs' colours as its lookup table, shown from 0 to 255.
     * The names stand in its info.
     *
     * @param title of its window
     */
    public static ImagePlus toImagePlus(LabelMap labels, String title) {
        Shape shape = labels.shape();
        ImageStack stack = new ImageStack(shape.x(), shape.y());
        int slice = shape.y() * shape.x();
        for (int z = 0; z < shape.z(); z++) {
            byte[] values = new byte[slice];
            System.arraycopy(labels.labels(), z * slice, values, 0, slice);
            stack.addSlice(null, values);
        }
        ImagePlus image = new ImagePlus(title, stack);
        scale(image, labels.geometry());
        image.setLut(lut(labels));
        image.setDisplayRange(0, 255);
        StringBuilder info = new StringBuilder();
        labels.names()
                .forEach((label, name) ->
                        info.append(label).append('\t').append(name).append('\n'));
        image.setProperty("Info", info.toString());
        return image;
    }

    /** Black, then each label's colour; labels without a name have one too. */
    private static LUT lut(LabelMap labels) {
        byte[][] rgb = new byte[3][256];
        for (int label = 1; label < 256; label++) {
            OrganColor color = OrganTable.color(label, labels.names().getOrDefault(label, ""));
            rgb[0][label] = (byte) color.red();
            rgb[1][label] = (byte) color.green();
            rgb[2][label] = (byte) color.blue();
        }
        return new LUT(rgb[0], rgb[1], rgb[2]);
    }

    private static void scale(ImagePlus image, Geometry geometry) {
        Calibration calibration = image.getCalibration();
        calibration.pixelWidth = geometry.spacing(Axis.X);
        calibration.pixelHeight = geometry.spacing(Axis.Y);
        calibration.pixelDepth = geometry.spacing(Axis.Z);
        calibration.setUnit("mm");
        image.setCalibration(calibration);
    }

    private static void requireVolume(ImagePlus image) {
        int kind = image.getType();
        if (kind == ImagePlus.COLOR_RGB || kind == ImagePlus.COLOR_256) {
            throw new StackException(
                    "\"" + image.getTitle() + "\" is in colour; a CT has one value a voxel, of 8, 16 or" + " 32 bits");
        }
        if (image.getStackSize() < 2) {
            throw new StackException("\"" + image.getTitle() + "\" is one image; open the whole series as a stack"
                    + " (File > Import > Image Sequence...)");
        }
        int[] extents = {image.getNChannels(), image.getNSlices(), image.getNFrames()};
        int along = 0;
        for (int extent : extents) {
            along += extent > 1 ? 1 : 0;
        }
        if (along > 1 || extents[0] > 1) {
            throw new StackException("\"" + image.getTitle() + "\" has " + extents[0] + " channels and " + extents[2]
                    + " frames; duplicate the one that is meant (Image > Duplicate...)");
        }
    }

    private static Optional<Geometry> placed(ImagePlus image) {
        double[] mm = spacing(image);
        return DicomHeaders.geometry(image, mm[0], mm[1]);
    }

    /** x, y, z. */
    private static double[] spacing(ImagePlus image) {
        Calibration c = image.getCalibration();
        double[] size = {c.pixelWidth, c.pixelHeight, c.pixelDepth};
        String[] units = {c.getXUnit(), c.getYUnit(), c.getZUnit()};
        for (int axis = 0; axis < 3; axis++) {
            Double mm = MILLIMETRES.get(units[axis].strip());
            if (mm == null || !(size[axis] > 0)) {
                throw new StackException("the size of voxels is " + size[axis] + " " + units[axis]
                        + "; set it in mm (Image > Properties...)");
            }
            size[axis] *= mm;
        }
        return size;
    }

    /** Intercept and slope. */
    private static double[] line(Calibration calibration) {
        if (calibration.getFunction() == Calibration.NONE) {
            return new double[] {0, 1};
        }
        if (calibration.getFunction() == Calibration.STRAIGHT_LINE) {
            return calibration.getCoefficients();
        }
        throw new StackException("values are calibrated by another function (" + calibration.getFunction()
                + "); Hounsfield units need a straight line (Analyze > Calibrate...)");
    }

    private static Voxels voxels(ImagePlus image, Shape shape) {
        int length = shape.arrayLength();
        int slice = shape.y() * shape.x();
        ImageStack stack = image.getStack();
        Object values = switch (image.getType()) {
            case ImagePlus.GRAY8 -> new byte[length];
            case ImagePlus.GRAY16 -> new short[length];
            default -> new float[length];
        };
        for (int z = 0; z < shape.z(); z++) {
            // Of virtual stacks getPixels is a copy, of others the slice's own array.
            System.arraycopy(stack.getProcessor(z + 1).getPixels(), 0, values, z * slice, slice);
        }
        if (values instanceof byte[] bytes) {
            return new Voxels.Bytes(bytes, true);
        }
        return values instanceof short[] shorts ? new Voxels.Shorts(shorts, true) : new Voxels.Floats((float[]) values);
    }

    private static void shift(short[] values) {
        for (int i = 0; i < values.length; i++) {
            values[i] = (short) (values[i] + SIGNED_OFFSET);
        }
    }
}
