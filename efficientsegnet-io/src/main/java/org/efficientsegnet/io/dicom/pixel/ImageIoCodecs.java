package org.efficientsegnet.io.dicom.pixel;

import com.github.jaiimageio.jpeg2000.impl.J2KImageReaderSpi;
import java.awt.image.Raster;
import java.awt.image.RenderedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Iterator;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * Frames that the image readers of Java and of JAI Image I/O decode. What a stream declares is held against the data set
 * before they see it.
 */
final class ImageIoCodecs {

    private static final int SIZ = 0xff51;
    private static final int SOC = 0xff4f;
    private static final int SIZ_LENGTH = 43;

    private ImageIoCodecs() {}

    /** JPEG 2000, reversible or not (ITU-T T.800). */
    static short[] jpeg2000(byte[] frame, PixelFormat format) throws CodecException {
        checkSiz(frame, format);
        ImageReader reader;
        try {
            reader = new J2KImageReaderSpi().createReaderInstance();
        } catch (IOException e) {
            throw new CodecException("the reader of JPEG 2000 cannot be made", e);
        }
        return decode(reader, "JPEG 2000", frame, format);
    }

    /** JPEG with 8 bits, process 1. */
    static short[] jpegBaseline(byte[] frame, PixelFormat format) throws CodecException {
        JpegMarkers markers = new JpegMarkers(frame);
        int marker = markers.next();
        while (marker < 0xc0 || marker > 0xcf || marker == 0xc4 || marker == 0xcc) {
            if (marker == JpegMarkers.SOS) {
                throw new CodecException("the JPEG scan comes before the frame header");
            }
            marker = markers.next();
        }
        if (marker != 0xc0) {
            throw new CodecException(String.format("the JPEG process SOF%d is not baseline, SOF0", marker - 0xc0));
        }
        JpegMarkers.checkFrame(format, markers.u8(), markers.u16(), markers.u16(), markers.u8());
        Iterator<ImageReader> readers = ImageIO.getImageReadersByFormatName("jpeg");
        if (!readers.hasNext()) {
            throw new CodecException("this Java has no reader of JPEG");
        }
        return decode(readers.next(), "JPEG", frame, format);
    }

    /** The image and tile size of a JPEG 2000 codestream (T.800 annex A.5.1). */
    private static void checkSiz(byte[] frame, PixelFormat format) throws CodecException {
        if (frame.length < SIZ_LENGTH || u16(frame, 0) != SOC || u16(frame, 2) != SIZ) {
            throw new CodecException("the frame does not begin with the markers SOC and SIZ of JPEG 2000");
        }
        long width = u32(frame, 8) - u32(frame, 16);
        long height = u32(frame, 12) - u32(frame, 20);
        int components = u16(frame, 40);
        int precision = (frame[42] & 0x7f) + 1;
        JpegMarkers.checkFrame(
                format,
                precision,
                (int) Math.max(-1, Math.min(height, Integer.MAX_VALUE)),
                (int) Math.max(-1, Math.min(width, Integer.MAX_VALUE)),
                components);
        if (u32(frame, 16) != 0 || u32(frame, 20) != 0 || u32(frame, 32) != 0 || u32(frame, 36) != 0) {
            throw new CodecException("JPEG 2000 images and tiles that do not begin at 0 are not decoded here");
        }
        long tileWidth = u32(frame, 24);
        long tileHeight = u32(frame, 28);
        // A tile of one pixel each would keep the decoder busy for hours.
        if (tileWidth < Math.min(width, 16) || tileHeight < Math.min(height, 16)) {
            throw new CodecException("JPEG 2000 tiles of " + tileWidth + " by " + tileHeight + " pixels");
        }
    }

    private static short[] decode(ImageReader reader, String codec, byte[] frame, PixelFormat format)
            throws CodecException {
        try (ImageInputStream in = new MemoryCacheImageInputStream(new ByteArrayInputStream(frame))) {
            reader.setInput(in, true, true);
            RenderedImage image = reader.readAsRenderedImage(0, null);
            if (image.getWidth() != format.columns() || image.getHeight() != format.rows()) {
                throw new CodecException("the " + codec + " frame has " + image.getHeight() + " rows and "
                        + image.getWidth() + " columns, the data set says " + format.rows() + " and "
                        + format.columns());
            }
            Raster raster = image.getData();
            int[] row = new int[format.columns()];
            short[] pixels = new short[(int) format.pixels()];
            for (int y = 0; y < format.rows(); y++) {
                raster.getSamples(raster.getMinX(), raster.getMinY() + y, format.columns(), 1, 0, row);
                for (int x = 0; x < row.length; x++) {
                    pixels[y * row.length + x] = (short) row[x];
                }
            }
            return pixels;
        } catch (IOException | RuntimeException e) {
            throw new CodecException("the " + codec + " frame cannot be decoded: " + e.getMessage(), e);
        } finally {
            reader.dispose();
        }
    }

    private static int u16(byte[] data, int at) {
        return (data[at] & 0xff) << 8 | data[at + 1] & 0xff;
    }

    private static long u32(byte[] data, int at) {
        return (long) u16(data, at) << 16 | u16(data, at + 2);
    }
}
