// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.nrrd;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.efficientsegnet.io.format.FileProbe;
import org.efficientsegnet.io.format.FormatException;
import org.efficientsegnet.io.format.HeaderBytes;
import org.efficientsegnet.io.format.LabelFormat;
import org.efficientsegnet.io.format.LimitExceededException;
import org.efficientsegnet.io.format.ReadLimits;
import org.efficientsegnet.io.format.ReadOptions;
import org.efficientsegnet.io.format.Scan;
import org.efficientsegnet.io.format.UnsupportedFormatException;
import org.efficientsegnet.io.format.VolumeFormat;
import org.efficientsegnet.io.format.VolumeOutput;
import org.efficientsegnet.io.format.WriteOptions;
import org.efficientsegnet.io.gzip.GunzipStream;
import org.efficientsegnet.io.gzip.Gzip;
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
 * Reads and writes NRRD; see the package for what is supported. Stored values are HU, as the format has no slope; a
 * volume with one is written as HU.
 */
public final class NrrdFormat implements VolumeFormat, LabelFormat, VolumeOutput {

    /** The only instance that is needed; it has no state. */
    public static final NrrdFormat INSTANCE = new NrrdFormat();

    private static final int MAX_DIMENSION = 16;

    private NrrdFormat() {}

    @Override
    public String name() {
        return "NRRD";
    }

    @Override
    public List<String> endings() {
        return List.of(".nrrd");
    }

    @Override
    public boolean recognises(FileProbe probe) {
        return probe.hasAscii(0, "NRRD000");
    }

    @Override
    public Scan read(Path path, ReadOptions options) throws IOException {
        return content(path, options).scan;
    }

    @Override
    public LabelMap readLabels(Path path, ReadOptions options) throws IOException {
        Content content = content(path, options);
        LabelMap labels = LabelValues.of(path, content.scan.volume());
        return new LabelMap(labels.shape(), labels.geometry(), labels.labels(), SegmentNames.of(content.pairs));
    }

    @Override
    public void writeLabels(LabelMap labels, Path path, WriteOptions options) throws IOException {
        NrrdWriter.write(
                labels.shape(),
                labels.geometry(),
                new Voxels.Bytes(labels.labels(), true),
                labels.names(),
                path,
                options);
    }

    @Override
    public void writeVolume(Volume volume, Path path, WriteOptions options) throws IOException {
        SortedMap<Integer, String> none = new TreeMap<>();
        NrrdWriter.write(volume.shape(), volume.geometry(), HuVoxels.of(volume), none, path, options);
    }

    private record Content(Scan scan, Map<String, String> pairs) {}

    private static Content content(Path path, ReadOptions options) throws IOException {
        try (InputStream in = new BufferedInputStream(Gzip.open(path), 1 << 16)) {
            HeaderLines lines = new HeaderLines(path, in, options.limits().maxHeaderBytes());
            NrrdHeader header = NrrdHeader.read(path, lines);
            HeaderFields fields = header.fields();
            List<String> warnings = new ArrayList<>();

            int dimension = (int) Math.min(Math.max(fields.longs("dimension", 1)[0], 0), MAX_DIMENSION + 1);
            if (dimension < 3 || dimension > MAX_DIMENSION) {
                throw new UnsupportedFormatException(
                        path, "dimension", fields.text("dimension") + "-D data", "A scan has three dimensions.");
            }
            ElementType type = type(path, fields.text("type"));
            long[] sizes = fields.longs("sizes", dimension);
            int[] axes = spatialAxes(path, fields, sizes);
            long x = sizes[axes[0]];
            long y = sizes[axes[1]];
            long z = sizes[axes[2]];
            options.limits().checkGrid(path, "sizes", type.bytes(), x, y, z);
            Shape shape = new Shape((int) z, (int) y, (int) x);
            Geometry geometry = NrrdPlacement.of(path, fields, axes, dimension, warnings);

            Path dataFile = fields.has("data file") ? fields.dataFile("data file") : null;
            List<Path> files = dataFile == null ? List.of(path) : List.of(path, dataFile);
            Voxels voxels = dataFile == null
                    ? data(path, in, lines.position(), Gzip.isGzip(path), fields, type, shape, options)
                    : detached(dataFile, fields, type, shape, options);
            Volume volume = new Volume(shape, geometry, voxels, 1, 0);
            return new Content(new Scan(volume, new NrrdSource(path, files), warnings), header.pairs());
        }
    }

    private static Voxels detached(Path file, HeaderFields fields, ElementType type, Shape shape, ReadOptions options)
            throws IOException {
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
            return data(file, in, 0, false, fields, type, shape, options);
        }
    }

    /**
     * @param in positioned behind the header
     * @param position of it in the file
     * @param compressed whether the file as a whole is gzip and {@code in} its content
     */
    private static Voxels data(
            Path file,
            InputStream in,
            long position,
            boolean compressed,
            HeaderFields fields,
            ElementType type,
            Shape shape,
            ReadOptions options)
            throws IOException {
        String encoding = fields.text("encoding").toLowerCase(Locale.ROOT);
        ByteOrder order = order(file, fields, type);
        long lineSkip = fields.skip("line skip", 0, options.limits());
        long byteSkip = fields.skip("byte skip", -1, options.limits());
        int count = shape.arrayLength();
        if (lineSkip > 0) {
            HeaderLines lines = new HeaderLines(file, in, options.limits().maxHeaderBytes());
            for (long i = 0; i < lineSkip; i++) {
                if (lines.next() == null) {
                    throw new FormatException(file, "line skip", "more lines than there are", "The header is damaged.");
                }
            }
            position += lines.position();
        }
        switch (encoding) {
            case "raw" -> {
                if (byteSkip < 0) {
                    if (compressed) {
                        throw new UnsupportedFormatException(
                                file, "byte skip", "-1 inside gzip", "Decompress the file first.");
                    }
                    position = Math.max(position, Files.size(file) - (long) count * type.bytes());
                    byteSkip = 0;
                }
                if (!compressed) {
                    return RasterReader.readToEnd(file, position + byteSkip, type, order, count, options.parallelism());
                }
                HeaderBytes.skip(file, in, byteSkip, "byte skip");
                return RasterReader.read(file, in, type, order, count);
            }
            case "gzip", "gz" -> {
                if (byteSkip < 0) {
                    if (compressed) {
                        throw new UnsupportedFormatException(
                                file, "byte skip", "-1 inside gzip", "Decompress the file first.");
                    }
                    byteSkip = bytesBefore(file, position, (long) count * type.bytes(), options.limits());
                }
                try (GunzipStream gunzip = new GunzipStream(file, in)) {
                    HeaderBytes.skip(file, gunzip, byteSkip, "byte skip");
                    return RasterReader.read(file, gunzip, type, order, count);
                }
            }
            default ->
                throw new UnsupportedFormatException(
                        file, "encoding", "\"" + encoding + "\" is not raw or gzip", "Write the file with gzip.");
        }
    }

    /**
     * How many bytes of a compressed stream come before the last ones, which are the voxels. It is decompressed for that,
     * as its length is not known before its end.
     */
    private static long bytesBefore(Path file, long position, long voxelBytes, ReadLimits limits) throws IOException {
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
            in.skipNBytes(position);
            try (GunzipStream gunzip = new GunzipStream(file, in)) {
                byte[] chunk = new byte[1 << 16];
                long length = 0;
                for (int n; (n = gunzip.read(chunk)) >= 0; ) {
                    length += n;
                    if (length - voxelBytes > limits.maxHeaderBytes()) {
                        throw new LimitExceededException(
                                file,
                                "byte skip",
                                "more than " + limits.maxHeaderBytes() + " bytes before the voxels",
                                "Raise ReadLimits.maxHeaderBytes if it is genuine.");
                    }
                }
                return Math.max(0, length - voxelBytes);
            }
        }
    }

    private static ByteOrder order(Path file, HeaderFields fields, ElementType type) throws FormatException {
        String endian = type.bytes() == 1 ? "little" : fields.text("endian").toLowerCase(Locale.ROOT);
        return switch (endian) {
            case "little" -> ByteOrder.LITTLE_ENDIAN;
            case "big" -> ByteOrder.BIG_ENDIAN;
            default ->
                throw new FormatException(
                        file, "endian", "\"" + endian + "\" is not little or big", "The header is damaged.");
        };
    }

    /** The axes that are space: all three, or those that are left when axes of extent 1 that are not space are out. */
    private static int[] spatialAxes(Path file, HeaderFields fields, long[] sizes) throws FormatException {
        if (sizes.length == 3) {
            return new int[] {0, 1, 2};
        }
        List<String> directions = NrrdPlacement.vectors(fields.text("space directions", ""), sizes.length + 1);
        int[] axes = new int[sizes.length];
        int found = 0;
        for (int axis = 0; axis < sizes.length; axis++) {
            boolean none = directions.size() == sizes.length
                    && directions.get(axis).toLowerCase(Locale.ROOT).equals("none");
            if (!none && found < 3) {
                axes[found++] = axis;
            } else if (sizes[axis] != 1) {
                throw new UnsupportedFormatException(
                        file,
                        "sizes",
                        sizes[axis] + " values a voxel along axis " + (axis + 1),
                        "Extract the one volume that shall be read.");
            }
        }
        if (found != 3) {
            throw new UnsupportedFormatException(
                    file, "dimension", sizes.length + "-D data", "A scan has three dimensions.");
        }
        return Arrays.copyOf(axes, 3);
    }

    private static ElementType type(Path file, String name) throws FormatException {
        return switch (name.toLowerCase(Locale.ROOT)) {
            case "signed char", "int8", "int8_t" -> ElementType.INT8;
            case "uchar", "unsigned char", "uint8", "uint8_t" -> ElementType.UINT8;
            case "short", "short int", "signed short", "signed short int", "int16", "int16_t" -> ElementType.INT16;
            case "ushort", "unsigned short", "unsigned short int", "uint16", "uint16_t" -> ElementType.UINT16;
            case "int", "signed int", "int32", "int32_t" -> ElementType.INT32;
            case "uint", "unsigned int", "uint32", "uint32_t" -> ElementType.UINT32;
            case "longlong",
                    "long long",
                    "long long int",
                    "signed long long",
                    "signed long long int",
                    "int64",
                    "int64_t" -> ElementType.INT64;
            case "ulonglong", "unsigned long long", "unsigned long long int", "uint64", "uint64_t" ->
                ElementType.UINT64;
            case "float" -> ElementType.FLOAT32;
            case "double" -> ElementType.FLOAT64;
            default ->
                throw new UnsupportedFormatException(
                        file, "type", "\"" + name + "\" is no number of a known width", "Convert the data to short.");
        };
    }
}
