// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.gzip;

import java.io.InputStream;
import java.nio.file.Path;
import java.util.zip.Inflater;

/**
 * Decompresses zlib's format (RFC 1950) up to the end of its stream, with the checksum verified and a stream that ends
 * early told apart from one that is damaged. Bytes behind the stream are not looked at.
 *
 * <p>Memory does not depend on the input. Not thread-safe. {@link #close} frees the decompressor's native memory and
 * closes the stream underneath.
 */
public final class ZlibStream extends InflatedStream {

    /**
     * @param file for messages
     * @param in the compressed bytes; closed by {@link #close}
     */
    public ZlibStream(Path file, InputStream in) {
        super(file, in, new Inflater(), "zlib data");
    }

    /** Nothing to do: zlib's checksum is the decompressor's own business. */
    @Override
    void decompressed(byte[] bytes, int offset, int count) {}

    @Override
    boolean followedByMore(long length) {
        return false;
    }
}
