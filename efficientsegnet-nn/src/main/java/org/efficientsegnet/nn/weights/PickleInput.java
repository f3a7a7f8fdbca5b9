// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.weights;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** The bytes of a pickle, read one after the other, and the complaints about them. */
final class PickleInput {

    private static final int MOST_BYTES = 4 << 20;
    private static final int MOST_NAME = 256;
    private static final int MOST_KEY = 4096;

    private final String file;
    private final InputStream in;
    private long position;

    /** @param file for messages */
    PickleInput(String file, InputStream in) {
        this.file = file;
        this.in = in;
    }

    /** The next instruction. */
    int opcode() throws IOException {
        if (position > MOST_BYTES) {
            throw refused("it is longer than the limit of " + MOST_BYTES + " bytes", PickleOpcodes.REMEDY);
        }
        return next();
    }

    /** One byte, unsigned. */
    int next() throws IOException {
        int b = in.read();
        if (b < 0) {
            throw cutShort();
        }
        position++;
        return b;
    }

    /** So many bytes. */
    byte[] bytes(int count) throws IOException {
        // Reads piecewise, so that a length that lies takes no memory.
        byte[] bytes = in.readNBytes(count);
        position += bytes.length;
        if (bytes.length < count) {
            throw cutShort();
        }
        return bytes;
    }

    /** Four bytes, little-endian. */
    int int32() throws IOException {
        return next() | next() << 8 | next() << 16 | next() << 24;
    }

    /** An integer in two's complement, little-endian. */
    long integer(int length) throws IOException {
        require(length <= 8, "an integer of " + length + " bytes");
        byte[] bytes = bytes(length);
        long value = length > 0 && bytes[length - 1] < 0 ? -1 : 0;
        for (int i = length - 1; i >= 0; i--) {
            value = value << 8 | bytes[i] & 0xff;
        }
        return value;
    }

    /** So many bytes of UTF-8. */
    String string(int length) throws IOException {
        require(length >= 0 && length <= MOST_KEY, "a string of " + Integer.toUnsignedString(length) + " bytes");
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes(length)))
                    .toString();
        } catch (CharacterCodingException e) {
            throw refused("a string that is not UTF-8", PickleOpcodes.DAMAGED);
        }
    }

    /** Printable ASCII up to a line feed. */
    String line() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int b; (b = next()) != '\n'; ) {
            require(line.length() < MOST_NAME && b > ' ' && b < 0x7f, "a global without a name");
            line.append((char) b);
        }
        return line.toString();
    }

    /** Refuses what a dictionary of tensors does not need. */
    void require(boolean condition, String otherwise) throws MalformedFileException {
        if (!condition) {
            throw refused(otherwise, PickleOpcodes.REMEDY);
        }
    }

    private MalformedFileException cutShort() {
        EOFException cause = new EOFException();
        return new MalformedFileException(
                file, "pickle, byte " + position, "the file ends within it", PickleOpcodes.DAMAGED, cause);
    }

    /** What is wrong here, with the position. */
    MalformedFileException refused(String reason, String remedy) {
        return new MalformedFileException(file, "pickle, byte " + position, reason, remedy);
    }
}
