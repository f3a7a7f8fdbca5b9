// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.efficientsegnet.io.format.FormatException;
import org.efficientsegnet.io.format.ReadOptions;
import org.efficientsegnet.volume.LabelMap;

/**
 * Label maps as DICOM Segmentation objects (PS3.3 section A.51): BINARY, one segment an organ, on the slices of the
 * series that was segmented, with its patient, study and frame of reference.
 *
 * <pre>{@code
 * DicomSeries series = DicomSeries.choose(folder, ReadOptions.DEFAULT);
 * Segmentation result = segmenter.segment(series.read());
 * DicomSeg.write(result.labels(), series, Path.of("labels.dcm"), DicomSeg.Options.DEFAULT);
 * }</pre>
 *
 * <p>Segments are numbered 1, 2, 3 and so on in the order of the labels, as the standard demands, and reading takes
 * these numbers for labels: a label map whose labels have gaps comes back with other numbers under the same names. Each
 * slice has a frame for each organ in it, and an empty one if it has none, so that the file alone gives the whole grid
 * back. If the series is from a tilted gantry, the frames lie on its own slices, to which the labels are taken back from
 * the straight grid by the nearest voxel.
 *
 * <p>Thread-safe.
 */
public final class DicomSeg {

    static final String SOP_CLASS = "1.2.840.10008.5.1.4.1.1.66.4";

    private DicomSeg() {}

    /**
     * What is written beside the labels.
     *
     * @param seriesDescription of the new series
     * @param seriesNumber of the new series
     * @param algorithm which made the segments; the model's name, for instance
     * @param codes by the name of a label, for names that {@link SegmentCode#ofOrgan} does not know or that mean
     *     something else; what has no code is tissue
     * @param created the date and time to write; if set, identifiers are made from the content, so that the same labels
     *     of the same series give the same file
     */
    public record Options(
            String seriesDescription,
            int seriesNumber,
            String algorithm,
            Map<String, SegmentCode> codes,
            Optional<LocalDateTime> created) {

        /** Series 300, "Segmentation", the time of writing, random identifiers. */
        public static final Options DEFAULT =
                new Options("Segmentation", 300, "EfficientSegNet", Map.of(), Optional.empty());

        /** Copies the map. */
        public Options {
            Objects.requireNonNull(seriesDescription, "seriesDescription");
            Objects.requireNonNull(algorithm, "algorithm");
            Objects.requireNonNull(created, "created");
            codes = Map.copyOf(codes);
        }

        /** These options with a fixed time, which makes the file reproducible. */
        public Options reproducible(LocalDateTime time) {
            return new Options(seriesDescription, seriesNumber, algorithm, codes, Optional.of(time));
        }

        /** These options with the name of what made the segments. */
        public Options withAlgorithm(String name) {
            return new Options(seriesDescription, seriesNumber, name, codes, created);
        }

        /** These options with codes of names. */
        public Options withCodes(Map<String, SegmentCode> others) {
            return new Options(seriesDescription, seriesNumber, algorithm, others, created);
        }
    }

    /**
     * Writes a label map; the file appears whole or not at all.
     *
     * @param labels on the grid that {@link DicomSeries#read} gave
     * @param source the series that was segmented; the header of its first slice is read again
     * @throws IllegalArgumentException if the label map is not on the grid of the series, or names no label and holds
     *     none
     * @throws IOException if the series cannot be read again, or the file not be written
     */
    public static void write(LabelMap labels, DicomSeries source, Path path, Options options) throws IOException {
        SegWriter.write(labels, source, path, options);
    }

    /**
     * Writes a label map to a stream, which stays open: to a web service or a PACS, for instance.
     *
     * @param labels on the grid that {@link DicomSeries#read} gave
     * @param source the series that was segmented, in files or in memory; its first slice is read again
     * @param out receives the content of a DICOM file
     * @throws IllegalArgumentException if the label map is not on the grid of the series, or names no label and holds
     *     none; nothing has been written then
     * @throws IOException if the series cannot be read again, or the stream fails
     */
    public static void write(LabelMap labels, DicomSeries source, OutputStream out, Options options)
            throws IOException {
        SegWriter.write(labels, source, out, options);
    }

    /**
     * Reads a label map; segment numbers become labels, segment labels their names. Slices between the first and the
     * last frame that have no frame are background.
     *
     * @throws FormatException if it is no BINARY segmentation, damaged, its frames make no regular grid, or segments
     *     overlap, which a label map cannot hold
     * @throws IOException if the operating system fails
     */
    public static LabelMap read(Path path, ReadOptions options) throws IOException {
        return SegReader.read(path, options);
    }
}
