// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom.dataset;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Optional;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;

/**
 * A DICOM file: its attributes, and where its pixels are. The pixels are not in memory; {@link #open} reads them.
 *
 * @param source the bytes
 * @param meta the file meta information, group 0002; empty if the file has none
 * @param syntax how data set and pixels are encoded
 * @param dataSet the attributes before the pixel data that {@link Tag} knows
 * @param pixels where the pixel data is, if there is any
 * @param bodyOffset where the data set begins, after the meta information
 */
public record DicomFile(
        Source source,
        DataSet meta,
        TransferSyntax syntax,
        DataSet dataSet,
        Optional<PixelLocation> pixels,
        long bodyOffset) {

    /** The same file as another source has it. */
    public DicomFile at(Source other) {
        return new DicomFile(other, meta, syntax, dataSet, pixels, bodyOffset);
    }

    /** The file's name. */
    public Path path() {
        return source.path();
    }

    /** The kind of object: of the data set, else of the meta information. */
    public String sopClass() {
        return dataSet.text(Tag.SOP_CLASS_UID)
                .or(() -> meta.text(Tag.MEDIA_STORAGE_SOP_CLASS_UID))
                .orElse("");
    }

    /**
     * Opens the file at an offset as {@link PixelLocation} counts them; the caller closes.
     *
     * @throws IOException if it cannot be read
     */
    public InputStream open(long offset) throws IOException {
        if (syntax != TransferSyntax.DEFLATED) {
            return source.open(offset);
        }
        InputStream in = inflate(source.open(bodyOffset));
        in.skipNBytes(offset);
        return in;
    }

    /** Closing the result closes the stream and frees the inflater. */
    static InputStream inflate(InputStream in) {
        return new InflaterInputStream(in, new Inflater(true), 1 << 14) {
            @Override
            public void close() throws IOException {
                inf.end();
                super.close();
            }
        };
    }
}
