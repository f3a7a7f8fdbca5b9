// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.nifti;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import org.efficientsegnet.io.format.FileProbe;
import org.efficientsegnet.io.format.FormatException;
import org.efficientsegnet.io.format.HeaderBytes;
import org.efficientsegnet.io.format.LabelFormat;
import org.efficientsegnet.io.format.LimitExceededException;
import org.efficientsegnet.io.format.ReadLimits;
import org.efficientsegnet.io.format.ReadOptions;
import org.efficientsegnet.io.format.Scan;
import org.efficientsegnet.io.format.Siblings;
import org.efficientsegnet.io.format.UnsupportedFormatException;
import org.efficientsegnet.io.format.VolumeFormat;
import org.efficientsegnet.io.format.VolumeOutput;
import org.efficientsegnet.io.format.WriteOptions;
import org.efficientsegnet.io.gzip.Gzip;
import org.efficientsegnet.io.raster.ElementType;
import org.efficientsegnet.io.raster.LabelValues;
import org.efficientsegnet.io.raster.RasterReader;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Volume;
import org.efficientsegnet.volume.Voxels;

/**
 * Reads and writes NIfTI; see the package for what is supported.
 *
 * <p>Voxels keep the file's type; 64-bit integers and floating point become 32-bit floating point, which holds every HU
 * value. A slope of zero, or one that is not finite, means that stored values are HU, as the standard and nibabel have
 * it. Lengths in metres and microns become millimetres.
 */
public final class NiftiFormat implements VolumeFormat, LabelFormat, VolumeOutput {

    /** The only instance that is needed; it has no state. */
    public static final NiftiFormat INSTANCE = new NiftiFormat();

    private NiftiFormat() {}

    @Override
    public String name() {
        return "NIfTI";
    }

    @Override
    public List<String> endings() {
        return List.of(".nii.gz", ".nii");
    }

    /** By the size of the header in its first four bytes. The data file of a pair is known by its header. */
    @Override
    public boolean recognises(FileProbe probe) {
        if (NiftiHeader.version(probe.head()) != null) {
            return true;
        }
        try {
            Path header = probe.isDirectory() ? null : counterpart(probe.path(), ".img", ".hdr");
            return header != null && NiftiHeader.version(FileProbe.of(header).head()) != null;
        } catch (IOException e) {
            return false;
        }
    }

    @Override
    public Scan read(Path path, ReadOptions options) throws IOException {
        Path headerFile = path;
        Path named = counterpart(path, ".img", ".hdr");
        if (named != null) {
            headerFile = named;
        }
        try (InputStream in = Gzip.open(headerFile)) {
            NiftiHeader header = NiftiHeader.read(headerFile, in);
            Shape shape = shape(headerFile, header, options.limits());
            ElementType type = elementType(headerFile, header.datatype);
            List<String> warnings = new ArrayList<>();
            if (header.bitpix != 8 * type.bytes()) {
                warnings.add("bitpix is " + header.bitpix + ", but the datatype "
                        + type.name().toLowerCase(Locale.ROOT) + " has " + 8 * type.bytes()
                        + " bits; the datatype is believed.");
            }
            NiftiPlacement placement = NiftiPlacement.of(headerFile, header);
            warnings.addAll(placement.warnings());
            double[] line = slopeAndIntercept(headerFile, header);
            long offset = dataOffset(headerFile, header, options.limits());

            Path dataFile = header.pair ? dataFile(headerFile) : headerFile;
            Voxels voxels;
            if (!Gzip.isGzip(dataFile)) {
                voxels = RasterReader.readToEnd(
                        dataFile, offset, type, header.order, shape.arrayLength(), options.parallelism());
            } else if (header.pair) {
                try (InputStream data = Gzip.open(dataFile)) {
                    HeaderBytes.skip(dataFile, data, offset, "vox_offset");
                    voxels = RasterReader.read(dataFile, data, type, header.order, shape.arrayLength());
                }
            } else {
                HeaderBytes.skip(headerFile, in, offset - header.version.headerBytes(), "vox_offset");
                voxels = RasterReader.read(headerFile, in, type, header.order, shape.arrayLength());
            }
            List<Path> files = header.pair ? List.of(headerFile, dataFile) : List.of(headerFile);
            return new Scan(
                    new Volume(shape, placement.geometry(), voxels, line[0], line[1]),
                    new NiftiSource(path, files, header, placement.geometry()),
                    warnings);
        }
    }

    @Override
    public LabelMap readLabels(Path path, ReadOptions options) throws IOException {
        LabelMap labels = LabelValues.of(path, read(path, options).volume());
        return new LabelMap(labels.shape(), labels.geometry(), labels.labels(), names(path));
    }

    @Override
    public void writeLabels(LabelMap labels, Path path, WriteOptions options) throws IOException {
        NiftiWriter.write(labels, path, options);
    }

    @Override
    public void writeVolume(Volume volume, Path path, WriteOptions options) throws IOException {
        NiftiWriter.write(volume, path, options, NiftiVersion.NIFTI_1);
    }

    private static SortedMap<Integer, String> names(Path path) throws IOException {
        Path named = counterpart(path, ".img", ".hdr");
        Path headerFile = named == null ? path : named;
        try (InputStream in = Gzip.open(headerFile)) {
            NiftiHeader header = NiftiHeader.read(headerFile, in);
            double end = header.pair ? Long.MAX_VALUE : header.voxOffset;
            return LabelExtension.names(in, (long) Math.max(0, end - header.version.headerBytes()), header.order);
        }
    }

    private static Shape shape(Path file, NiftiHeader header, ReadLimits limits) throws FormatException {
        long dimensions = header.dim[0];
        if (dimensions < 1 || dimensions > 7) {
            throw new FormatException(
                    file, "dim[0]", dimensions + " dimensions", "NIfTI has 1 to 7; the header is damaged.");
        }
        if (dimensions < 3) {
            throw new UnsupportedFormatException(
                    file, "dim[0]", "a " + dimensions + "-D image", "A scan has three dimensions.");
        }
        for (int i = 1; i <= dimensions; i++) {
            if (header.dim[i] < 1) {
                throw new FormatException(
                        file,
                        "dim[" + i + "]",
                        "an extent of " + header.dim[i],
                        "Every axis needs at least one voxel.");
            }
        }
        for (int i = 4; i <= dimensions; i++) {
            if (header.dim[i] != 1) {
                throw new UnsupportedFormatException(
                        file,
                        "dim[" + i + "]",
                        "a " + dimensions + "-D image with " + header.dim[i] + " volumes along axis " + i,
                        "Extract the one volume that shall be read.");
            }
        }
        int bytes = elementType(file, header.datatype).bytes();
        limits.checkGrid(file, "dim", bytes, header.dim[1], header.dim[2], header.dim[3]);
        return new Shape((int) header.dim[3], (int) header.dim[2], (int) header.dim[1]);
    }

    private static ElementType elementType(Path file, int datatype) throws FormatException {
        return switch (datatype) {
            case 2 -> ElementType.UINT8;
            case 4 -> ElementType.INT16;
            case 8 -> ElementType.INT32;
            case 16 -> ElementType.FLOAT32;
            case 64 -> ElementType.FLOAT64;
            case 256 -> ElementType.INT8;
            case 512 -> ElementType.UINT16;
            case 768 -> ElementType.UINT32;
            case 1024 -> ElementType.INT64;
            case 1280 -> ElementType.UINT64;
            default -> {
                String name = switch (datatype) {
                    case 1 -> "1-bit";
                    case 32 -> "complex64";
                    case 128 -> "RGB24";
                    case 1536 -> "float128";
                    case 1792 -> "complex128";
                    case 2048 -> "complex256";
                    case 2304 -> "RGBA32";
                    default -> "unknown type";
                };
                throw new UnsupportedFormatException(
                        file, "datatype", datatype + " (" + name + ") is no CT value", "Convert the image to int16.");
            }
        };
    }

    private static double[] slopeAndIntercept(Path file, NiftiHeader header) throws FormatException {
        if (header.sclSlope == 0 || !Double.isFinite(header.sclSlope)) {
            return new double[] {1, 0};
        }
        if (!Double.isFinite(header.sclInter)) {
            throw new FormatException(
                    file,
                    "scl_inter",
                    header.sclInter + " beside a slope of " + header.sclSlope,
                    "Set it to the HU of a stored zero.");
        }
        return new double[] {header.sclSlope, header.sclInter};
    }

    private static long dataOffset(Path file, NiftiHeader header, ReadLimits limits) throws FormatException {
        double offset = header.voxOffset;
        int least = header.pair ? 0 : header.version.dataOffset();
        if (!header.pair && offset == 0) {
            return least;
        }
        if (!(offset >= least) || offset != Math.rint(offset)) {
            throw new FormatException(
                    file,
                    "vox_offset",
                    offset + " cannot be where the data begin",
                    "It must be " + least + " or more; the header is damaged.");
        }
        if (offset > limits.maxHeaderBytes()) {
            throw new LimitExceededException(
                    file,
                    "vox_offset",
                    String.format(
                            Locale.ROOT,
                            "%.0f bytes before the data; the limit is %d",
                            offset,
                            limits.maxHeaderBytes()),
                    "Raise ReadLimits.maxHeaderBytes if the file's extensions are genuine.");
        }
        return (long) offset;
    }

    private static Path dataFile(Path header) throws IOException {
        Path data = counterpart(header, ".hdr", ".img");
        if (data == null) {
            throw new FormatException(
                    header,
                    "magic",
                    "the header of a pair, but there is no .img beside it",
                    "Put the data file into the same folder, with the same name.");
        }
        return data;
    }

    /** The other file of a pair, plain or compressed, or null if the name ends otherwise or there is none. */
    private static Path counterpart(Path file, String ending, String other) throws IOException {
        String name = file.getFileName().toString();
        String stem = name.toLowerCase(Locale.ROOT).endsWith(".gz") ? name.substring(0, name.length() - 3) : name;
        if (!stem.toLowerCase(Locale.ROOT).endsWith(ending)) {
            return null;
        }
        stem = stem.substring(0, stem.length() - ending.length());
        for (String candidate : List.of(other, other + ".gz", other.toUpperCase(Locale.ROOT))) {
            Path sibling = file.resolveSibling(stem + candidate);
            if (Files.isRegularFile(sibling)) {
                return Siblings.resolve(file, stem + candidate, "magic");
            }
        }
        return null;
    }
}
