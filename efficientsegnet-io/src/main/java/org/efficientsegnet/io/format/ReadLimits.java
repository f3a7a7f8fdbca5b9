// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.format;

import java.nio.file.Path;

/**
 * How much a reader takes from a file before it refuses. The defaults let every clinical scan pass and keep a hostile
 * file from taking the machine; a server that reads strangers' files may set tighter ones.
 *
 * @param maxVoxels of one volume; Java arrays end at 2³¹
 * @param maxDataBytes of voxel data, decompressed
 * @param maxHeaderBytes of everything in one file that is not voxel data, decompressed
 * @param maxNesting of structures inside structures, as DICOM's sequences
 * @param maxFiles looked at in one directory and those below it
 */
public record ReadLimits(long maxVoxels, long maxDataBytes, long maxHeaderBytes, int maxNesting, int maxFiles) {

    /** A billion voxels, 4 GiB of data, 16 MiB of header, 32 levels, 100,000 files. */
    public static final ReadLimits DEFAULT = new ReadLimits(1L << 30, 4L << 30, 16L << 20, 32, 100_000);

    /** @throws IllegalArgumentException if a limit is below 1 */
    public ReadLimits {
        if (maxVoxels < 1 || maxDataBytes < 1 || maxHeaderBytes < 1 || maxNesting < 1 || maxFiles < 1) {
            throw new IllegalArgumentException("every limit must be at least 1: " + maxVoxels + " voxels, "
                    + maxDataBytes + " bytes of data, " + maxHeaderBytes + " bytes of header, " + maxNesting
                    + " levels, " + maxFiles + " files");
        }
    }

    /** These limits with another number of voxels. */
    public ReadLimits withMaxVoxels(long voxels) {
        return new ReadLimits(voxels, maxDataBytes, maxHeaderBytes, maxNesting, maxFiles);
    }

    /** These limits with another number of bytes of voxel data. */
    public ReadLimits withMaxDataBytes(long bytes) {
        return new ReadLimits(maxVoxels, bytes, maxHeaderBytes, maxNesting, maxFiles);
    }

    /** These limits with another size of header. */
    public ReadLimits withMaxHeaderBytes(long bytes) {
        return new ReadLimits(maxVoxels, maxDataBytes, bytes, maxNesting, maxFiles);
    }

    /** These limits with another depth of nesting. */
    public ReadLimits withMaxNesting(int levels) {
        return new ReadLimits(maxVoxels, maxDataBytes, maxHeaderBytes, levels, maxFiles);
    }

    /** These limits with another number of files. */
    public ReadLimits withMaxFiles(int files) {
        return new ReadLimits(maxVoxels, maxDataBytes, maxHeaderBytes, maxNesting, files);
    }

    /**
     * Checks the size of a grid, in 64 bits and without overflow.
     *
     * @param file for the message
     * @param field which field declares the size
     * @param bytesPerVoxel as stored in the file
     * @param extents along each axis, each at least 1
     * @return the number of voxels
     * @throws FormatException if an extent is below 1
     * @throws LimitExceededException if there are more voxels or bytes than these limits allow
     */
    public long checkGrid(Path file, String field, int bytesPerVoxel, long... extents) throws FormatException {
        long most = Math.min(maxVoxels, Integer.MAX_VALUE - 8);
        long voxels = 1;
        for (long extent : extents) {
            if (extent < 1) {
                throw new FormatException(
                        file, field, "an extent of " + extent + " voxels", "Every axis needs at least one voxel.");
            }
            if (extent > most / voxels) {
                throw new LimitExceededException(
                        file,
                        field,
                        "declares " + times(extents) + " voxels; the limit is " + most,
                        "Crop the scan, or raise ReadLimits.maxVoxels if it is genuine.");
            }
            voxels *= extent;
        }
        if (voxels > maxDataBytes / bytesPerVoxel) {
            throw new LimitExceededException(
                    file,
                    field,
                    "declares " + times(extents) + " voxels of " + bytesPerVoxel + " bytes; the limit is "
                            + maxDataBytes + " bytes",
                    "Crop the scan, or raise ReadLimits.maxDataBytes if it is genuine.");
        }
        return voxels;
    }

    private static String times(long[] extents) {
        StringBuilder text = new StringBuilder();
        for (long extent : extents) {
            text.append(text.length() == 0 ? "" : " x ").append(extent);
        }
        return text.toString();
    }
}
