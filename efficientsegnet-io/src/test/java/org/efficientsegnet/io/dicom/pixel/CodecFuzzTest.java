// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom.pixel;

import com.code_intelligence.jazzer.junit.FuzzTest;

/** Any bytes at all are either a compressed frame of the size that was declared, or refused. */
class CodecFuzzTest {

    private static final PixelFormat FORMAT = new PixelFormat(6, 8, 16, 16, 15, true, false, 0, 0);

    private interface Decoder {
        short[] decode(byte[] frame, PixelFormat format) throws CodecException;
    }

    private static void run(Decoder decoder, byte[] frame) {
        try {
            if (decoder.decode(frame, FORMAT).length != 6 * 8) {
                throw new AssertionError("a frame of another size");
            }
        } catch (CodecException e) {
            if (e.getMessage().isEmpty()) {
                throw new AssertionError("no message", e);
            }
        }
    }

    @FuzzTest(maxDuration = "10m")
    void rle(byte[] frame) {
        run(Rle::decode, frame);
    }

    @FuzzTest(maxDuration = "10m")
    void jpegLossless(byte[] frame) {
        run(JpegLossless::decode, frame);
    }

    @FuzzTest(maxDuration = "10m")
    void jpegLs(byte[] frame) {
        run(JpegLs::decode, frame);
    }

    @FuzzTest(maxDuration = "10m")
    void jpeg2000(byte[] frame) {
        run(Jpeg2000::decode, frame);
    }

    @FuzzTest(maxDuration = "10m")
    void jpegBaseline(byte[] frame) {
        run(JpegBaseline::decode, frame);
    }
}
