// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom.pixel;

import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.event.IIOReadWarningListener;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * JPEG with 8 bits, process 1, by Java's own image reader. What a stream declares is held against the data set before the
 * reader sees it. The reader makes up what is missing or damaged and warns of it; here that is refused.
 */
final class JpegBaseline {

    private static final int SOF0 = 0xc0;

    private JpegBaseline() {}

    static short[] decode(byte[] frame, PixelFormat format) throws CodecException {
        JpegMarkers markers = new JpegMarkers(frame);
        int marker = markers.next();
        while (marker < 0xc0 || marker > 0xcf || marker == 0xc4 || marker == 0xcc) {
            if (marker == JpegMarkers.SOS) {
                throw new CodecException("the JPEG scan comes before the frame header");
            }
            marker = markers.next();
        }
        if (marker != SOF0) {
            throw new CodecException(String.format("the JPEG process SOF%d is not baseline, SOF0", marker - SOF0));
        }
        JpegMarkers.checkFrame(format, markers.u8(), markers.u16(), markers.u16(), markers.u8());
        Iterator<ImageReader> readers = ImageIO.getImageReadersByFormatName("jpeg");
        if (!readers.hasNext()) {
            throw new CodecException("this Java has no reader of JPEG");
        }
        return decode(readers.next(), frame, format);
    }

    private static short[] decode(ImageReader reader, byte[] frame, PixelFormat format) throws CodecException {
        List<String> warnings = new ArrayList<>();
        IIOReadWarningListener listener = (source, warning) -> warnings.add(warning);
        reader.addIIOReadWarningListener(listener);
        try (ImageInputStream in = new MemoryCacheImageInputStream(new ByteArrayInputStream(frame))) {
            reader.setInput(in, true, true);
            Raster raster = reader.readAsRenderedImage(0, null).getData();
            if (!warnings.isEmpty()) {
                throw new CodecException("the JPEG frame is damaged or ends before its last row: " + warnings.get(0));
            }
            if (raster.getWidth() != format.columns() || raster.getHeight() != format.rows()) {
                throw new CodecException("the JPEG frame has " + raster.getHeight() + " rows and " + raster.getWidth()
                        + " columns, the data set says " + format.rows() + " and " + format.columns());
            }
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
            throw new CodecException("the JPEG frame cannot be decoded: " + e.getMessage(), e);
        } finally {
            reader.dispose();
        }
    }
}
