// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.gzip;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Objects;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import org.efficientsegnet.parallel.Parallelism;

/**
 * Compresses to gzip on several threads. Blocks are deflated on their own and joined at byte boundaries by flush
 * points, so that the result is one ordinary gzip member, which every reader takes; their checksums are combined
 * ({@link Crc32Combination}). The bytes written depend on the content and the level alone, not on the threads.
 *
 * <p>Holds a few blocks of 256 KiB for each thread. Not thread-safe. {@link #close} finishes the member and closes the
 * stream underneath.
 */
public final class ParallelGzipStream extends OutputStream {

    private static final int BLOCK = 1 << 18;
    private static final byte[] HEADER = {0x1f, (byte) 0x8b, 8, 0, 0, 0, 0, 0, 0, (byte) 0xff};

    /** A last block, empty, with fixed codes: what deflate ends with. */
    private static final byte[] LAST_BLOCK = {3, 0};

    private final OutputStream out;
    private final Parallelism parallelism;
    private final int level;
    private final byte[][] blocks;
    private final Deflated[] deflated;
    private int filled;
    private int used;
    private long length;
    private long crc;
    private boolean closed;

    private record Deflated(byte[] bytes, long crc) {}

    /**
     * Writes the header.
     *
     * @param out receives the compressed bytes; closed by {@link #close}
     * @param level 1 (fast) to 9 (small)
     */
    public ParallelGzipStream(OutputStream out, Parallelism parallelism, int level) throws IOException {
        this.out = out;
        this.parallelism = parallelism;
        this.level = level;
        int count = 4 * parallelism.threads();
        blocks = new byte[count][];
        deflated = new Deflated[count];
        out.write(HEADER);
    }

    @Override
    public void write(int value) throws IOException {
        write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] from, int offset, int count) throws IOException {
        Objects.checkFromIndexSize(offset, count, from.length);
        while (count > 0) {
            if (blocks[filled] == null) {
                blocks[filled] = new byte[BLOCK];
            }
            int n = Math.min(count, BLOCK - used);
            System.arraycopy(from, offset, blocks[filled], used, n);
            offset += n;
            count -= n;
            used += n;
            if (used == BLOCK) {
                filled++;
                used = 0;
                if (filled == blocks.length) {
                    drain();
                }
            }
        }
    }

    private void drain() throws IOException {
        int whole = filled;
        int rest = used;
        parallelism.forRange(whole + (rest > 0 ? 1 : 0), (from, to) -> {
            Deflater deflater = new Deflater(level, true);
            try {
                byte[] buffer = new byte[1 << 16];
                for (int i = from; i < to; i++) {
                    deflated[i] = deflate(deflater, blocks[i], i < whole ? BLOCK : rest, buffer);
                }
            } finally {
                deflater.end();
            }
        });
        for (int i = 0; i < whole + (rest > 0 ? 1 : 0); i++) {
            int n = i < whole ? BLOCK : rest;
            out.write(deflated[i].bytes);
            crc = length == 0 ? deflated[i].crc : Crc32Combination.combine(crc, deflated[i].crc, n);
            length += n;
            deflated[i] = null;
        }
        filled = 0;
        used = 0;
    }

    private static Deflated deflate(Deflater deflater, byte[] block, int length, byte[] buffer) {
        CRC32 checksum = new CRC32();
        checksum.update(block, 0, length);
        deflater.reset();
        deflater.setInput(block, 0, length);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(length / 8 + 64);
        for (int n; (n = deflater.deflate(buffer, 0, buffer.length, Deflater.FULL_FLUSH)) > 0; ) {
            bytes.write(buffer, 0, n);
            if (n < buffer.length) {
                break;
            }
        }
        return new Deflated(bytes.toByteArray(), checksum.getValue());
    }

    /** Compresses what is there and finishes the member. */
    @Override
    public void close() throws IOException {
        if (closed) {
            return;
        }
        closed = true;
        try (out) {
            drain();
            out.write(LAST_BLOCK);
            little(crc);
            little(length);
        }
    }

    private void little(long value) throws IOException {
        for (int i = 0; i < 4; i++) {
            out.write((int) (value >>> 8 * i) & 0xff);
        }
    }
}
