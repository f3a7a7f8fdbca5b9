// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.nrrd;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import java.util.SortedMap;
import org.efficientsegnet.files.AtomicOutput;
import org.efficientsegnet.io.format.WriteOptions;
import org.efficientsegnet.io.gzip.ParallelGzipStream;
import org.efficientsegnet.io.raster.ElementType;
import org.efficientsegnet.io.raster.RasterWriter;
import org.efficientsegnet.volume.Geometry;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Voxels;

/** Writes NRRD in one file, gzip, little-endian, in left-posterior-superior space as 3D Slicer and ITK do. */
final class NrrdWriter {

    private NrrdWriter() {}

    static void write(
            Shape shape,
            Geometry geometry,
            Voxels voxels,
            SortedMap<Integer, String> names,
            Path path,
            WriteOptions options)
            throws IOException {
        String header =
                header(shape, geometry, ElementType.of(voxels)) + SegmentNames.lines(shape, names, voxels) + "\n";
        AtomicOutput.write(path, out -> {
            out.write(header.getBytes(StandardCharsets.UTF_8));
            try (OutputStream gzip = new ParallelGzipStream(out, options.parallelism(), options.compressionLevel())) {
                RasterWriter.write(voxels, gzip);
            }
        });
    }

    private static String header(Shape shape, Geometry geometry, ElementType type) {
        double[] a = geometry.affine();
        StringBuilder directions = new StringBuilder();
        for (int axis = 0; axis < 3; axis++) {
            directions.append(' ').append(lps(a[axis], a[4 + axis], a[8 + axis]));
        }
        return "NRRD0004\n"
                + "type: "
                + (type == ElementType.FLOAT32 ? "float" : type.name().toLowerCase(Locale.ROOT)) + "\n"
                + "dimension: 3\n"
                + "space: left-posterior-superior\n"
                + "sizes: " + shape.x() + " " + shape.y() + " " + shape.z() + "\n"
                + "space directions:" + directions + "\n"
                + "kinds: domain domain domain\n"
                + "endian: little\n"
                + "encoding: gzip\n"
                + "space origin: " + lps(a[3], a[7], a[11]) + "\n";
    }

    /** Adding zero turns a negative zero into a plain one. */
    private static String lps(double x, double y, double z) {
        return "(" + (0.0 - x) + "," + (0.0 - y) + "," + (0.0 + z) + ")";
    }
}
