// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.metaimage;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.efficientsegnet.io.format.FileProbe;
import org.efficientsegnet.io.format.FormatException;
import org.efficientsegnet.io.format.HeaderBytes;
import org.efficientsegnet.io.format.LabelFormat;
import org.efficientsegnet.io.format.ReadOptions;
import org.efficientsegnet.io.format.Scan;
import org.efficientsegnet.io.format.UnsupportedFormatException;
import org.efficientsegnet.io.format.VolumeFormat;
import org.efficientsegnet.io.format.VolumeOutput;
import org.efficientsegnet.io.format.WriteOptions;
import org.efficientsegnet.io.gzip.GunzipStream;
import org.efficientsegnet.io.gzip.ZlibStream;
import org.efficientsegnet.io.raster.ElementType;
import org.efficientsegnet.io.raster.HuVoxels;
import org.efficientsegnet.io.raster.LabelValues;
import org.efficientsegnet.io.raster.RasterReader;
import org.efficientsegnet.io.text.HeaderFields;
import org.efficientsegnet.io.text.HeaderLines;
import org.efficientsegnet.volume.Geometry;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Volume;
import org.efficientsegnet.volume.Voxels;

/**
 * Reads and writes MetaImage; see the package for what is supported. The slope and offset of {@code
 * ElementToIntensityFunction} lead to HU if they are given; a volume with slope and intercept is written as HU, which
 * every reader understands.
 */
public final class MetaImageFormat implements VolumeFormat, LabelFormat, VolumeOutput {

    /** The only instance that is needed; it has no state. */
    public static final MetaImageFormat INSTANCE = new MetaImageFormat();

    private static final Pattern RECOGNISED = Pattern.compile("(?m)^\\s*NDims\\s*=\\s*\\d");
    private static final String DATA_FILE = "ElementDataFile";
    private static final int MAX_DIMENSIONS = 10;

    private MetaImageFormat() {}

    @Override
    public String name() {
        return "MetaImage";
    }

    @Override
    public List<String> endings() {
        return List.of(".mha", ".mhd");
    }

    /** By a line {@code NDims = …} among the first. */
    @Override
    public boolean recognises(FileProbe probe) {
        return !probe.isGzip()
                && RECOGNISED
                        .matcher(new String(probe.head(), StandardCharsets.ISO_8859_1))
                        .find();
    }

    @Override
    public Scan read(Path path, ReadOptions options) throws IOException {
        try (InputStream in = new BufferedInputStream(Files.newInputStream(path), 1 << 16)) {
            HeaderLines lines = new HeaderLines(path, in, options.limits().maxHeaderBytes());
            HeaderFields fields = fields(path, lines);
            List<String> warnings = new ArrayList<>();

            int dimensions = dimensions(path, fields);
            if (fields.has("ElementNumberOfChannels") && fields.longs("ElementNumberOfChannels", 1)[0] != 1) {
                throw new UnsupportedFormatException(
                        path,
                        "ElementNumberOfChannels",
                        fields.text("ElementNumberOfChannels") + " values a voxel",
                        "A scan has one; extract it.");
            }
            ElementType type = type(path, fields.text("ElementType"));
            Shape shape = shape(path, fields, dimensions, type, options);
            Geometry geometry = MetaImagePlacement.of(path, fields, dimensions, warnings);
            double slope = number(fields, "ElementToIntensityFunctionSlope", 1);
            double intercept = number(fields, "ElementToIntensityFunctionOffset", 0);
            if (slope == 0) {
                throw new FormatException(
                        path, "ElementToIntensityFunctionSlope", "0 leaves no image", "Remove the field.");
            }

            Path dataFile = fields.text(DATA_FILE).equalsIgnoreCase("LOCAL") ? null : fields.dataFile(DATA_FILE);
            List<Path> files = dataFile == null ? List.of(path) : List.of(path, dataFile);
            Voxels voxels = dataFile == null
                    ? data(path, in, lines.position(), fields, type, shape, options)
                    : detached(dataFile, fields, type, shape, options);
            return new Scan(
                    new Volume(shape, geometry, voxels, slope, intercept), new MetaImageSource(path, files), warnings);
        }
    }

    @Override
    public LabelMap readLabels(Path path, ReadOptions options) throws IOException {
        return LabelValues.of(path, read(path, options).volume());
    }

    @Override
    public void writeLabels(LabelMap labels, Path path, WriteOptions options) throws IOException {
        MetaImageWriter.write(
                labels.shape(), labels.geometry(), new Voxels.Bytes(labels.labels(), true), true, path, options);
    }

    @Override
    public void writeVolume(Volume volume, Path path, WriteOptions options) throws IOException {
        MetaImageWriter.write(volume.shape(), volume.geometry(), HuVoxels.of(volume), false, path, options);
    }

    /** Reads up to the field that names the data, behind which they begin. */
    private static HeaderFields fields(Path file, HeaderLines lines) throws IOException {
        HeaderFields fields = new HeaderFields(file);
        for (String line; (line = lines.next()) != null; ) {
            if (line.isBlank()) {
                continue;
            }
            int equals = line.indexOf('=');
            if (equals < 0) {
                throw new FormatException(
                        file,
                        "header",
                        "a line without \"=\" before " + DATA_FILE,
                        "The header is damaged; get the file again.");
            }
            String name = line.substring(0, equals).trim();
            fields.put(name, line.substring(equals + 1).trim());
            if (name.equals(DATA_FILE)) {
                break;
            }
        }
        return fields;
    }

    private static int dimensions(Path file, HeaderFields fields) throws FormatException {
        long dimensions = fields.longs("NDims", 1)[0];
        if (dimensions < 3 || dimensions > MAX_DIMENSIONS) {
            throw new UnsupportedFormatException(
                    file, "NDims", "a " + dimensions + "-D image", "A scan has three dimensions.");
        }
        return (int) dimensions;
    }

    private static Shape shape(Path file, HeaderFields fields, int dimensions, ElementType type, ReadOptions options)
            throws FormatException {
        long[] size = fields.longs("DimSize", dimensions);
        for (int i = 3; i < dimensions; i++) {
            if (size[i] != 1) {
                throw new UnsupportedFormatException(
                        file,
                        "DimSize",
                        "a " + dimensions + "-D image with " + size[i] + " volumes along axis " + (i + 1),
                        "Extract the one volume that shall be read.");
            }
        }
        options.limits().checkGrid(file, "DimSize", type.bytes(), size[0], size[1], size[2]);
        return new Shape((int) size[2], (int) size[1], (int) size[0]);
    }

    private static double number(HeaderFields fields, String name, double fallback) throws FormatException {
        return fields.has(name) ? fields.doubles(name, 1)[0] : fallback;
    }

    private static Voxels detached(Path file, HeaderFields fields, ElementType type, Shape shape, ReadOptions options)
            throws IOException {
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
            return data(file, in, 0, fields, type, shape, options);
        }
    }

    /**
     * @param in positioned behind the header
     * @param position of it in the file
     */
    private static Voxels data(
            Path file,
            InputStream in,
            long position,
            HeaderFields fields,
            ElementType type,
            Shape shape,
            ReadOptions options)
            throws IOException {
        if (!isTrue(file, fields, "BinaryData", "True")) {
            throw new UnsupportedFormatException(
                    file, "BinaryData", "voxels written as text", "Write the file with binary data.");
        }
        String byteOrder = fields.has("ElementByteOrderMSB") ? "ElementByteOrderMSB" : "BinaryDataByteOrderMSB";
        ByteOrder order = isTrue(file, fields, byteOrder, "False") ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
        int count = shape.arrayLength();
        long skip = fields.skip("HeaderSize", -1, options.limits());
        if (isTrue(file, fields, "CompressedData", "False")) {
            HeaderBytes.skip(file, in, Math.max(skip, 0), "HeaderSize");
            try (InputStream inflated = decompress(file, in)) {
                return RasterReader.read(file, inflated, type, order, count);
            }
        }
        long start = skip < 0 ? Math.max(position, Files.size(file) - (long) count * type.bytes()) : position + skip;
        return RasterReader.readToEnd(file, start, type, order, count, options.parallelism());
    }

    /** MetaIO writes zlib's format and reads gzip as well. */
    private static InputStream decompress(Path file, InputStream in) throws IOException {
        in.mark(2);
        boolean gzip = in.read() == 0x1f && in.read() == 0x8b;
        in.reset();
        return gzip ? new GunzipStream(file, in) : new ZlibStream(file, in);
    }

    private static boolean isTrue(Path file, HeaderFields fields, String name, String fallback) throws FormatException {
        String value = fields.text(name, fallback).toLowerCase(Locale.ROOT);
        return switch (value) {
            case "true", "t", "1" -> true;
            case "false", "f", "0" -> false;
            default ->
                throw new FormatException(
                        file, name, "\"" + value + "\" is not True or False", "The header is damaged.");
        };
    }

    private static ElementType type(Path file, String name) throws FormatException {
        return switch (name) {
            case "MET_CHAR" -> ElementType.INT8;
            case "MET_UCHAR" -> ElementType.UINT8;
            case "MET_SHORT" -> ElementType.INT16;
            case "MET_USHORT" -> ElementType.UINT16;
            case "MET_INT", "MET_LONG" -> ElementType.INT32;
            case "MET_UINT", "MET_ULONG" -> ElementType.UINT32;
            case "MET_LONG_LONG" -> ElementType.INT64;
            case "MET_ULONG_LONG" -> ElementType.UINT64;
            case "MET_FLOAT" -> ElementType.FLOAT32;
            case "MET_DOUBLE" -> ElementType.FLOAT64;
            default ->
                throw new UnsupportedFormatException(
                        file, "ElementType", "\"" + name + "\" is no single number", "Convert the data to MET_SHORT.");
        };
    }
}
