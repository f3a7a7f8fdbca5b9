package org.efficientsegnet.io.dicom.pixel;

import com.github.jaiimageio.jpeg2000.impl.J2KImageReaderSpi;
import java.awt.image.Raster;
import java.awt.image.RenderedImage;
import java.io.IOException;
import java.util.Iterator;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;

/**
 * Frames that the image readers of Java and of JAI Image I/O decode. What a stream declares is held against the data set
 * before they see it.
 */
final class ImageIoCodecs {

    /** A slice takes well under a second; machines may be busy. */
    private static final int MOST_SECONDS = 60;

    /** The name of the thread that decodes a JPEG 2000 frame. */
    static final String THREAD = "efficientsegnet-jpeg2000";

    private ImageIoCodecs() {}

    /** JPEG 2000, reversible or not (ITU-T T.800). */
    static short[] jpeg2000(byte[] frame, PixelFormat format) throws CodecException {
        Jpeg2000Headers.check(frame, format);
        ImageReader reader;
        try {
            reader = new J2KImageReaderSpi().createReaderInstance();
        } catch (IOException | NoClassDefFoundError e) {
            // Its licence is not for everyone, so that a program may leave it out.
            throw new CodecException("com.github.jai-imageio:jai-imageio-jpeg2000 is needed for it", e);
        }
        return withinTime(() -> decode(
                reader,
                "JPEG 2000",
                new BoundedInput(frame, () -> Thread.currentThread().isInterrupted()),
                format));
    }

    /**
     * Gives up on a decoder that does not come back, by an interrupt. Its thread ends at its next read of the frame; as it
     * may be past reading, it is a daemon, which ends with the program at the latest.
     */
    static short[] withinTime(Callable<short[]> decoder) throws CodecException {
        if (Thread.currentThread().isInterrupted()) {
            throw interrupted(null);
        }
        FutureTask<short[]> task = new FutureTask<>(decoder);
        Thread thread = new Thread(task, THREAD);
        thread.setDaemon(true);
        thread.start();
        try {
            return task.get(MOST_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            throw new CodecException("the JPEG 2000 frame was not decoded within " + MOST_SECONDS + " seconds", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw interrupted(e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof CodecException cause) {
                throw cause;
            }
            throw undecodable("JPEG 2000", e.getCause());
        } finally {
            task.cancel(true);
        }
    }

    private static CodecException interrupted(InterruptedException cause) {
        return new CodecException("interrupted while a JPEG 2000 frame was decoded", cause);
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
        return decode(readers.next(), "JPEG", new BoundedInput(frame, () -> false), format);
    }

    private static short[] decode(ImageReader reader, String codec, BoundedInput in, PixelFormat format)
            throws CodecException {
        try (in) {
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
        } catch (IOException | RuntimeException | StackOverflowError e) {
            throw undecodable(codec, e);
        } catch (VirtualMachineError e) {
            throw e;
        } catch (Error e) {
            // What JJ2000 throws for codestreams that it does not implement.
            throw undecodable(codec, e);
        } finally {
            reader.dispose();
        }
    }

    private static CodecException undecodable(String codec, Throwable e) {
        return new CodecException("the " + codec + " frame cannot be decoded: " + e.getMessage(), e);
    }
}
