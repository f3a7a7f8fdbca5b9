package org.efficientsegnet.io.dicom.pixel;

import java.util.function.BooleanSupplier;
import javax.imageio.stream.ImageInputStreamImpl;

/**
 * A frame as a stream for image readers that do not know when to stop: JJ2000 goes on reading after the end of a damaged
 * codestream for hours. Whoever reads far more than there is, or after having been given up, gets an exception, which ends
 * the decoder's thread too.
 */
final class BoundedInput extends ImageInputStreamImpl {

    private static final int MOST_READS_AT_END = 10_000;
    private static final int MOST_READS_PER_BYTE = 64;

    private final byte[] data;
    private final BooleanSupplier givenUp;
    private long left;
    private int readsAtEnd;

    /** @param givenUp asked before every read; whether nobody waits for the image any more */
    BoundedInput(byte[] data, BooleanSupplier givenUp) {
        this.data = data;
        this.givenUp = givenUp;
        left = MOST_READS_AT_END + (long) MOST_READS_PER_BYTE * data.length;
    }

    @Override
    public int read() {
        bitOffset = 0;
        if (isAtEnd()) {
            return -1;
        }
        return data[(int) streamPos++] & 0xff;
    }

    @Override
    public int read(byte[] to, int at, int count) {
        bitOffset = 0;
        if (isAtEnd()) {
            return -1;
        }
        int n = (int) Math.min(count, data.length - streamPos);
        System.arraycopy(data, (int) streamPos, to, at, n);
        streamPos += n;
        return n;
    }

    @Override
    public long length() {
        return data.length;
    }

    private boolean isAtEnd() {
        // Unchecked exceptions, as the decoders catch the checked one and go on.
        if (givenUp.getAsBoolean()) {
            throw new IllegalStateException("the decoder was stopped");
        }
        boolean end = streamPos >= data.length;
        if (--left < 0 || end && ++readsAtEnd > MOST_READS_AT_END) {
            throw new IllegalStateException("the codestream ends before the image is complete");
        }
        return end;
    }
}
