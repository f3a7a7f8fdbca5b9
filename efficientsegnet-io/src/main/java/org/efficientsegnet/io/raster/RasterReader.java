// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.raster;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.efficientsegnet.io.format.FormatException;
import org.efficientsegnet.io.format.TruncatedFileException;
import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.volume.Voxels;

/**
 * Reads voxels from raw bytes. Memory is taken for what has arrived, never for what a header declares: a plain file
 * must be long enough before its array is made, and the array of a compressed one grows with the stream, fourfold each time,
 * so that it takes at most twice the voxels' bytes for a moment.
 */
public final class RasterReader {

    /** Fits the second-level cache beside the part of the array that it is converted to. */
    private static final int CHUNK = 1 << 18;

    private static final int FIRST_RESERVE_BYTES = 8 << 20;
    private static final String CUT = "The file was cut short, or its header does not belong to it; get it again.";

    private RasterReader() {}

    /**
     * Reads from a plain file that ends with the voxels, on several threads.
     *
     * @param file the file
     * @param offset where the first voxel is
     * @param order of bytes within an element
     * @param count how many voxels; checked against the limits before
     * @throws TruncatedFileException if the file is too short
     * @throws FormatException if the file goes on after the last voxel
     */
    public static Voxels readToEnd(
            Path file, long offset, ElementType type, ByteOrder order, int count, Parallelism parallelism)
            throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            long needed = (long) count * type.bytes();
            if (channel.size() - offset < needed) {
                throw truncated(file, needed, Math.max(0, channel.size() - offset));
            }
            if (channel.size() - offset > needed) {
                throw goesOn(file, needed);
            }
            VoxelBuffer voxels = VoxelBuffer.of(type);
            voxels.reserve(count);
            int perChunk = CHUNK / type.bytes();
            int chunks = (int) (((long) count + perChunk - 1) / perChunk);
            parallelism.forRange(chunks, (from, to) -> {
                ByteBuffer buffer =
                        ByteBuffer.allocateDirect((int) Math.min(CHUNK, needed)).order(order);
                try {
                    for (int chunk = from; chunk < to; chunk++) {
                        int at = chunk * perChunk;
                        buffer.clear().limit(Math.min(perChunk, count - at) * type.bytes());
                        long position = offset + (long) at * type.bytes();
                        while (buffer.hasRemaining()) {
                            int n = channel.read(buffer, position + buffer.position());
                            if (n < 0) {
                                throw truncated(file, needed, position + buffer.position() - offset);
                            }
                        }
                        voxels.put(at, buffer.flip());
                    }
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            return voxels.voxels();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    /**
     * Reads from a stream, to its end.
     *
     * @param file for messages
     * @param in positioned at the first voxel; not closed
     * @param order of bytes within an element
     * @param count how many voxels; checked against the limits before
     * @throws TruncatedFileException if the stream ends before
     * @throws FormatException if the stream goes on after the last voxel
     */
    public static Voxels read(Path file, InputStream in, ElementType type, ByteOrder order, int count)
            throws IOException {
        VoxelBuffer voxels = VoxelBuffer.of(type);
        int reserved = Math.min(count, FIRST_RESERVE_BYTES / type.bytes());
        voxels.reserve(reserved);
        byte[] chunk = voxels.bytes() == null ? new byte[CHUNK] : null;
        ByteBuffer buffer = chunk == null ? null : ByteBuffer.wrap(chunk).order(order);
        for (int done = 0; done < count; ) {
            if (done == reserved) {
                reserved = (int) Math.min(count, 4L * reserved);
                voxels.reserve(reserved);
            }
            int voxelsNow = Math.min(CHUNK / type.bytes(), reserved - done);
            int bytesNow = voxelsNow * type.bytes();
            int n = chunk == null ? in.readNBytes(voxels.bytes(), done, bytesNow) : in.readNBytes(chunk, 0, bytesNow);
            if (n < bytesNow) {
                throw truncated(file, (long) count * type.bytes(), (long) done * type.bytes() + n);
            }
            if (chunk != null) {
                voxels.put(done, buffer.clear().limit(bytesNow));
            }
            done += voxelsNow;
        }
        if (in.read() >= 0) {
            throw goesOn(file, (long) count * type.bytes());
        }
        return voxels.voxels();
    }

    private static FormatException goesOn(Path file, long needed) {
        return new FormatException(
                file,
                "voxel data",
                "goes on after the " + needed + " bytes that the header declares",
                "The header does not belong to this data; get the file again.");
    }

    private static TruncatedFileException truncated(Path file, long needed, long there) {
        return new TruncatedFileException(file, "voxel data", there + " bytes, but the header declares " + needed, CUT);
    }
}
