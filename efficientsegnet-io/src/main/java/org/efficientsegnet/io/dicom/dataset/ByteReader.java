// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom.dataset;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * A buffered stream that knows its position and reads numbers in either byte order. Memory grows only with bytes that
 * have come, never by what a length says.
 */
final class ByteReader {

    private static final int CHUNK = 1 << 16;

    private final InputStream in;
    private final byte[] buffer;
    private long bufferStart;
    private int at;
    private int end;
    private boolean bigEndian;

    /** @param position what the stream's first byte counts as */
    ByteReader(InputStream in, long position, int bufferSize) {
        this.in = in;
        this.bufferStart = position;
        this.buffer = new byte[bufferSize];
    }

    void bigEndian(boolean big) {
        bigEndian = big;
    }

    boolean isBigEndian() {
        return bigEndian;
    }

    ByteOrder order() {
        return bigEndian ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
    }

    long position() {
        return bufferStart + at;
    }

    /** Looks at the next bytes, at most {@code n} of them, fewer only at the end. */
    byte[] peek(int n) throws IOException {
        fill(n);
        return Arrays.copyOfRange(buffer, at, Math.min(end, at + n));
    }

    boolean atEnd() throws IOException {
        return !fill(1);
    }

    int u8() throws IOException {
        need(1);
        return buffer[at++] & 0xff;
    }

    int u16() throws IOException {
        need(2);
        int a = buffer[at++] & 0xff;
        int b = buffer[at++] & 0xff;
        return bigEndian ? a << 8 | b : b << 8 | a;
    }

    long u32() throws IOException {
        long a = u16();
        long b = u16();
        return bigEndian ? a << 16 | b : b << 16 | a;
    }

    int tag() throws IOException {
        int group = u16();
        return group << 16 | u16();
    }

    byte[] bytes(int n) throws IOException {
        byte[] value = new byte[Math.min(n, CHUNK)];
        for (int got = 0; got < n; ) {
            if (got == value.length) {
                value = Arrays.copyOf(value, (int) Math.min(n, 2L * value.length));
            }
            need(1);
            int step = Math.min(value.length - got, end - at);
            System.arraycopy(buffer, at, value, got, step);
            at += step;
            got += step;
        }
        return value;
    }

    void skip(long n) throws IOException {
        int step = (int) Math.min(n, end - at);
        at += step;
        long left = n - step;
        if (left > 0) {
            bufferStart += end;
            at = 0;
            end = 0;
            in.skipNBytes(left);
            bufferStart += left;
        }
    }

    private void need(int n) throws IOException {
        if (!fill(n)) {
            throw new EOFException();
        }
    }

    private boolean fill(int n) throws IOException {
        if (end - at >= n) {
            return true;
        }
        System.arraycopy(buffer, at, buffer, 0, end - at);
        bufferStart += at;
        end -= at;
        at = 0;
        while (end < n) {
            int r = in.read(buffer, end, buffer.length - end);
            if (r < 0) {
                return false;
            }
            end += r;
        }
        return true;
    }
}
