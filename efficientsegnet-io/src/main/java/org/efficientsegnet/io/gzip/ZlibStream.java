package org.efficientsegnet.io.gzip;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Objects;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.efficientsegnet.io.format.FormatException;
import org.efficientsegnet.io.format.TruncatedFileException;

/**
 * Decompresses zlib's format (RFC 1950) up to the end of its stream, with the checksum verified and a stream that ends
 * early told apart from one that is damaged. Bytes behind the stream are not looked at.
 *
 * <p>Memory does not depend on the input. Not thread-safe. {@link #close} frees the decompressor's native memory and
 * closes the stream underneath.
 */
public final class ZlibStream extends InputStream {

    private final Path file;
    private final InputStream in;
    private final Inflater inflater = new Inflater();
    private final byte[] input = new byte[1 << 16];

    /**
     * @param file for messages
     * @param in the compressed bytes; closed by {@link #close}
     */
    public ZlibStream(Path file, InputStream in) {
        this.file = file;
        this.in = in;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    /**
     * Decompresses at least one byte, or finds the end.
     *
     * @throws TruncatedFileException if the file ends before the stream
     * @throws FormatException if the stream is damaged
     */
    @Override
    public int read(byte[] to, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, to.length);
        if (length == 0) {
            return 0;
        }
        while (true) {
            try {
                int n = inflater.inflate(to, offset, length);
                if (n > 0) {
                    return n;
                }
            } catch (DataFormatException e) {
                throw damaged("not decompressible after " + inflater.getBytesWritten() + " bytes");
            }
            if (inflater.finished()) {
                return -1;
            }
            if (inflater.needsDictionary()) {
                throw damaged("asks for a dictionary");
            }
            int n = in.read(input);
            if (n <= 0) {
                throw new TruncatedFileException(
                        file,
                        "zlib data",
                        "ends after " + inflater.getBytesWritten() + " bytes decompressed",
                        "The file was cut short; get it again from where it came.");
            }
            inflater.setInput(input, 0, n);
        }
    }

    private FormatException damaged(String how) {
        return new FormatException(file, "zlib data", how, "The file is damaged; get it again from where it came.");
    }

    @Override
    public void close() throws IOException {
        inflater.end();
        in.close();
    }
}
