// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.benchmarks;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.zip.DeflaterOutputStream;
import org.efficientsegnet.io.Volumes;
import org.efficientsegnet.io.format.WriteOptions;
import org.efficientsegnet.volume.Geometry;
import org.efficientsegnet.volume.Orientation;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Volume;
import org.efficientsegnet.volume.Voxels;

/** A scan of 16-bit voxels, written in the formats that are read. */
public final class ScanFiles {

    private ScanFiles() {}

    /** What a scan is written as. */
    public enum Format {
        /** Plain NIfTI-1. */
        NIFTI,
        /** NIfTI-1 in gzip. */
        NIFTI_GZIP,
        /** NRRD with gzip. */
        NRRD_GZIP,
        /** Plain MetaImage. */
        METAIMAGE,
        /** MetaImage with zlib. */
        METAIMAGE_ZLIB,
        /** A folder of CT Images, explicit little endian. */
        DICOM
    }

    /** The scan that {@code -Defficientsegnet.scan=PATH} names, or else a body of 120 slices with noise like a CT's. */
    static Volume volume() throws IOException {
        String named = System.getProperty("efficientsegnet.scan");
        if (named != null) {
            Volume volume = Volumes.read(Path.of(named));
            if (!(volume.voxels() instanceof Voxels.Shorts)) {
                throw new IllegalArgumentException(
                        named + " has voxels of " + volume.voxels().typeName() + "; a scan of 16 bits is needed");
            }
            return volume;
        }
        Shape shape = new Shape(120, 512, 512);
        Random random = new Random(5);
        short[] hu = new short[shape.arrayLength()];
        for (int z = 0; z < shape.z(); z++) {
            for (int y = 0; y < shape.y(); y++) {
                for (int x = 0; x < shape.x(); x++) {
                    double body = Math.hypot((x - 256) / 200.0, (y - 256) / 140.0);
                    double organ = Math.hypot(x - 180, y - 230) + Math.abs(z - 60) < 90 ? 60 : 0;
                    double tissue = body < 0.9 ? organ : body < 1 ? -100 : -1000;
                    double value = tissue + (body < 1 ? 14 : 6) * random.nextGaussian();
                    hu[shape.index(z, y, x)] = (short) Math.max(-1024, Math.rint(value));
                }
            }
        }
        return Volume.ofHu(shape, Geometry.of(Orientation.of("LPS"), 0.8, 0.8, 2.5), hu);
    }

    /**
     * Writes a scan.
     *
     * @param volume of 16 bits
     * @return the file, or the folder
     */
    static Path write(Volume volume, Format format, Path folder) throws IOException {
        return switch (format) {
            case NIFTI -> write(volume, folder.resolve("scan.nii"));
            case NIFTI_GZIP -> write(volume, folder.resolve("scan.nii.gz"));
            case NRRD_GZIP -> write(volume, folder.resolve("scan.nrrd"));
            case METAIMAGE -> write(volume, folder.resolve("scan.mha"));
            case METAIMAGE_ZLIB -> deflate(write(volume, folder.resolve("scan.mha")));
            case DICOM -> ScanSeries.write(volume, Files.createDirectory(folder.resolve("series")));
        };
    }

    private static Path write(Volume volume, Path file) throws IOException {
        Volumes.write(volume, file, WriteOptions.DEFAULT);
        return file;
    }

    /** Compresses a plain MetaImage in its place, which the library does for label maps only. */
    private static Path deflate(Path file) throws IOException {
        byte[] plain = Files.readAllBytes(file);
        String latin = new String(plain, StandardCharsets.ISO_8859_1);
        int end = latin.indexOf('\n', latin.indexOf("ElementDataFile")) + 1;
        ByteArrayOutputStream deflated = new ByteArrayOutputStream();
        try (OutputStream out = new DeflaterOutputStream(deflated)) {
            out.write(plain, end, plain.length - end);
        }
        String header = latin.substring(0, end)
                .replace("CompressedData = False", "CompressedData = True\nCompressedDataSize = " + deflated.size());
        try (OutputStream out = Files.newOutputStream(file)) {
            out.write(header.getBytes(StandardCharsets.ISO_8859_1));
            deflated.writeTo(out);
        }
        return file;
    }
}
