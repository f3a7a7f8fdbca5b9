// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.zip.ZipException;
import org.efficientsegnet.io.dicom.dataset.CharacterSets;
import org.efficientsegnet.io.dicom.dataset.DataSet;
import org.efficientsegnet.io.dicom.dataset.DicomFile;
import org.efficientsegnet.io.dicom.dataset.DicomReader;
import org.efficientsegnet.io.dicom.dataset.PixelLocation;
import org.efficientsegnet.io.dicom.dataset.Source;
import org.efficientsegnet.io.dicom.dataset.Tag;
import org.efficientsegnet.io.dicom.pixel.PixelFormat;
import org.efficientsegnet.io.format.FormatException;
import org.efficientsegnet.io.format.LimitExceededException;
import org.efficientsegnet.io.format.ReadLimits;
import org.efficientsegnet.io.format.ReadOptions;
import org.efficientsegnet.io.format.TruncatedFileException;
import org.efficientsegnet.io.format.UnsupportedFormatException;
import org.efficientsegnet.volume.LabelMap;

/** Reads DICOM SEG files; see {@link DicomSeg}. */
final class SegReader {

    private static final int MOST_SEGMENTS = 255;
    private static final Slice.Acquisition NO_ACQUISITION =
            new Slice.Acquisition("", "", "", "", "", "", OptionalInt.empty());
    private static final String REPAIR = "Export the segmentation again.";

    private final DicomFile file;
    private final DataSet image;
    private final ReadLimits limits;
    private final int rows;
    private final int columns;
    private final int frames;

    private SegReader(DicomFile file, ReadLimits limits) throws FormatException {
        this.file = file;
        this.limits = limits;
        image = file.dataSet();
        String type = image.text(Tag.SEGMENTATION_TYPE).orElse("");
        if (!file.sopClass().equals(DicomSeg.SOP_CLASS) || !type.equals("BINARY")) {
            throw new UnsupportedFormatException(
                    file.path(),
                    Tag.describe(Tag.SEGMENTATION_TYPE),
                    file.sopClass().equals(DicomSeg.SOP_CLASS)
                            ? "a segmentation of type " + type
                            : "not a segmentation but " + SliceParser.kind(file.sopClass()),
                    "Give a DICOM Segmentation of type BINARY.");
        }
        rows = image.requireInteger(Tag.ROWS);
        columns = image.requireInteger(Tag.COLUMNS);
        frames = image.requireInteger(Tag.NUMBER_OF_FRAMES);
        limits.checkGrid(file.path(), "(0028,0010) Rows x (0028,0011) Columns", 1, rows, columns);
        if (frames < 1) {
            throw image.bad(Tag.NUMBER_OF_FRAMES, frames + " frames");
        }
    }

    static LabelMap read(Path path, ReadOptions options) throws IOException {
        return read(Source.of(path), options.limits());
    }

    static LabelMap read(Source source, ReadLimits limits) throws IOException {
        return new SegReader(DicomReader.read(source, limits), limits).labelMap();
    }

    private LabelMap labelMap() throws IOException {
        SortedMap<Integer, String> names = names();
        FunctionalGroups groups = new FunctionalGroups(image, frames);
        List<Slice> slices = new ArrayList<>();
        int[] segments = new int[frames];
        for (int frame = 0; frame < frames; frame++) {
            slices.add(slice(frame, groups));
            segments[frame] = groups.require(frame, Tag.SEGMENT_IDENTIFICATION_SEQUENCE)
                    .requireInteger(Tag.REFERENCED_SEGMENT_NUMBER);
            if (!names.containsKey(segments[frame])) {
                throw image.bad(
                        Tag.REFERENCED_SEGMENT_NUMBER,
                        "frame " + (frame + 1) + " is of segment " + segments[frame] + ", which is not described");
            }
        }
        StackGeometry stack = StackGeometry.of(file.path(), withGapsFilled(slices), false, limits);
        int[] position = new int[frames];
        for (int z = 0; z < stack.slices().size(); z++) {
            List<Slice> here = new ArrayList<>(stack.duplicates().get(z));
            here.add(stack.slices().get(z));
            for (Slice slice : here) {
                if (slice.frame() >= 0) {
                    position[slice.frame()] = z;
                }
            }
        }
        byte[] labels = new byte[stack.shape().arrayLength()];
        pixels(stack, position, segments, labels);
        return new LabelMap(stack.shape(), stack.geometry(), labels, names);
    }

    private SortedMap<Integer, String> names() throws FormatException {
        SortedMap<Integer, String> names = new TreeMap<>();
        for (DataSet segment : image.items(Tag.SEGMENT_SEQUENCE)) {
            int number = segment.requireInteger(Tag.SEGMENT_NUMBER);
            if (number < 1 || number > MOST_SEGMENTS) {
                throw segment.bad(
                        Tag.SEGMENT_NUMBER, number + "; a label map holds the segments 1 to " + MOST_SEGMENTS);
            }
            String name =
                    segment.prose(Tag.SEGMENT_LABEL, CharacterSets.of(image)).orElse("segment " + number);
            if (names.put(number, name) != null) {
                throw segment.bad(Tag.SEGMENT_NUMBER, number + " stands for two segments");
            }
        }
        return names;
    }

    private Slice slice(int frame, FunctionalGroups groups) throws FormatException {
        PixelFormat format = new PixelFormat(rows, columns, 8, 1, 0, false, false, 0, 0);
        return SliceParser.slice(
                file,
                frame,
                frames,
                format,
                groups.require(frame, Tag.PLANE_POSITION_SEQUENCE),
                groups.require(frame, Tag.PLANE_ORIENTATION_SEQUENCE),
                groups.require(frame, Tag.PIXEL_MEASURES_SEQUENCE),
                new double[] {1, 0},
                false,
                NO_ACQUISITION,
                new ArrayList<>());
    }

    /** Other programs leave frames out where there is no organ; empty slices, with a negative frame, stand for them. */
    private List<Slice> withGapsFilled(List<Slice> slices) throws FormatException {
        List<Slice> sorted = new ArrayList<>(slices);
        sorted.sort(Comparator.comparingDouble(StackGeometry::alongNormal));
        Slice first = sorted.get(0);
        for (Slice slice : sorted) {
            if (!StackGrouping.isParallel(first, slice)) {
                throw image.bad(Tag.IMAGE_ORIENTATION_PATIENT, "frames of different orientation");
            }
        }
        double step = Double.POSITIVE_INFINITY;
        for (int i = 1; i < sorted.size(); i++) {
            double gap = StackGeometry.alongNormal(sorted.get(i)) - StackGeometry.alongNormal(sorted.get(i - 1));
            if (gap >= StackGeometry.SAME_POSITION_MM) {
                step = Math.min(step, gap);
            }
        }
        boolean declared = image.item(Tag.SHARED_FUNCTIONAL_GROUPS_SEQUENCE)
                .flatMap(s -> s.item(Tag.PIXEL_MEASURES_SEQUENCE))
                .filter(s -> s.contains(Tag.SPACING_BETWEEN_SLICES))
                .isPresent();
        if (declared && first.thickness() > 0) {
            step = Math.min(step, first.thickness());
        }
        List<Slice> filled = new ArrayList<>();
        long most = limits.maxVoxels() / ((long) rows * columns) + frames;
        for (Slice slice : sorted) {
            if (!filled.isEmpty()) {
                Slice before = filled.get(filled.size() - 1);
                double gap = StackGeometry.alongNormal(slice) - StackGeometry.alongNormal(before);
                double steps = Math.rint(gap / step);
                if (filled.size() + steps > most) {
                    throw new LimitExceededException(
                            file.path(),
                            Tag.describe(Tag.IMAGE_POSITION_PATIENT),
                            "frames " + gap + " mm apart where others are " + step + " mm apart",
                            "Raise ReadLimits.maxVoxels if the file is genuine.");
                }
                for (int i = 1; i < steps; i++) {
                    double[] between = new double[3];
                    for (int r = 0; r < 3; r++) {
                        between[r] = before.position()[r] + i / steps * (slice.position()[r] - before.position()[r]);
                    }
                    filled.add(slice.emptyAt(between));
                }
            }
            filled.add(slice);
        }
        return filled;
    }

    private void pixels(StackGeometry stack, int[] position, int[] segments, byte[] labels) throws IOException {
        Optional<PixelLocation> location = file.pixels();
        long bits = (long) frames * rows * columns;
        if (location.isEmpty() || location.get().length() == PixelLocation.UNDEFINED) {
            throw new FormatException(
                    file.path(),
                    Tag.describe(Tag.PIXEL_DATA),
                    location.isEmpty() ? "the file ends before its pixel data" : "compressed frames of one bit a pixel",
                    REPAIR);
        }
        if (location.get().length() < (bits + 7) / 8 || image.requireInteger(Tag.BITS_ALLOCATED) != 1) {
            throw new TruncatedFileException(
                    file.path(),
                    Tag.describe(Tag.PIXEL_DATA),
                    location.get().length() + " bytes, but " + frames + " frames of " + rows + " x " + columns
                            + " bits take " + (bits + 7) / 8,
                    REPAIR);
        }
        try (InputStream in = new BufferedInputStream(file.open(location.get().offset()), 1 << 16)) {
            int pending = 0;
            int left = 0;
            for (int frame = 0; frame < frames; frame++) {
                int z = position[frame];
                byte label = (byte) segments[frame];
                for (int y = 0; y < rows; y++) {
                    int at = stack.shape().index(z, stack.gridRow(z, y), stack.gridColumn(z, 0));
                    for (int x = 0; x < columns; x++) {
                        if (left == 0) {
                            pending = in.read();
                            left = 8;
                            if (pending < 0) {
                                throw new EOFException();
                            }
                        }
                        if ((pending & 1) != 0) {
                            set(labels, at + x, label);
                        }
                        pending >>= 1;
                        left--;
                    }
                }
            }
        } catch (EOFException | ZipException e) {
            throw new TruncatedFileException(
                    file.path(), Tag.describe(Tag.PIXEL_DATA), "the file ends within its frames", REPAIR);
        }
    }

    private void set(byte[] labels, int at, byte label) throws FormatException {
        if (labels[at] != 0 && labels[at] != label) {
            throw new UnsupportedFormatException(
                    file.path(),
                    Tag.describe(Tag.SEGMENT_SEQUENCE),
                    "segments " + (labels[at] & 0xff) + " and " + (label & 0xff)
                            + " overlap, which one label a voxel cannot express",
                    "Give a segmentation whose segments do not overlap.");
        }
        labels[at] = label;
    }
}
