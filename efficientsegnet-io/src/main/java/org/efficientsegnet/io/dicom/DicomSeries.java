package org.efficientsegnet.io.dicom;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.efficientsegnet.io.dicom.dataset.DataSet;
import org.efficientsegnet.io.dicom.dataset.DicomReader;
import org.efficientsegnet.io.dicom.dataset.Source;
import org.efficientsegnet.io.format.FormatException;
import org.efficientsegnet.io.format.Provenance;
import org.efficientsegnet.io.format.ReadLimits;
import org.efficientsegnet.io.format.ReadOptions;
import org.efficientsegnet.io.format.Scan;
import org.efficientsegnet.io.format.UnsupportedFormatException;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Volume;

/**
 * A stack of CT slices that belong together: one series, one size, one orientation.
 *
 * <pre>{@code
 * for (DicomSeries series : DicomSeries.find(Path.of("examination"))) {
 *     System.out.println(series);
 * }
 * Volume ct = DicomSeries.choose(Path.of("examination"), ReadOptions.DEFAULT).read();
 * }</pre>
 *
 * <p>Slices are ordered by their position along the normal of their plane, so that file names and instance numbers do
 * not matter. The volume's x runs along a slice's rows, y along its columns, z along the normal. Missing slices, uneven
 * spacing and different slices at one position are refused; a stack from a tilted gantry is resampled onto a straight
 * grid. Pixels with the padding value become air, -1024 HU.
 *
 * <p>Holds headers only; pixels are read when {@link #read} is called. Immutable and thread-safe.
 */
public final class DicomSeries implements Provenance {

    private final Path path;
    private final List<Slice> slices;
    private final List<FormatException> problems;
    private final List<String> notes;

    private DicomSeries(Path path, List<Slice> slices, List<FormatException> problems, List<String> notes) {
        this.path = path;
        this.slices = List.copyOf(slices);
        this.problems = List.copyOf(problems);
        this.notes = List.copyOf(notes);
    }

    /**
     * Finds all CT stacks in a folder and below, with the default limits.
     *
     * @throws FormatException if there are none, or too many files
     * @throws IOException if the operating system fails
     */
    public static List<DicomSeries> find(Path folder) throws IOException {
        return find(folder, ReadOptions.DEFAULT);
    }

    /**
     * Finds all CT stacks in a folder and below. Files that are no DICOM or hold other things are passed over, as are
     * symbolic links; every other file is read up to its pixels.
     *
     * @param folder a folder, or one file
     * @param options limits and threads; its choice of a series does not matter here
     * @return localisers last, otherwise by number of slices, the largest first
     * @throws FormatException if there are none, or too many files
     * @throws IOException if the operating system fails
     */
    public static List<DicomSeries> find(Path folder, ReadOptions options) throws IOException {
        FolderScan scan = FolderScan.of(folder, options);
        if (scan.slices().isEmpty()) {
            if (!scan.problems().isEmpty()) {
                throw scan.problems().get(0).cause();
            }
            throw new UnsupportedFormatException(
                    folder, "folder", "no CT images" + contents(scan), "Give a folder with a CT series.");
        }
        List<DicomSeries> found = new ArrayList<>();
        for (List<Slice> stack : StackGrouping.stacks(scan.slices())) {
            String uid = stack.get(0).series().uid();
            // A file that cannot even say which series it is from may be missing from any of them.
            List<FormatException> problems = scan.problems().stream()
                    .filter(p -> p.series().map(s -> s.uid().equals(uid)).orElse(true))
                    .map(FolderScan.Problem::cause)
                    .toList();
            found.add(new DicomSeries(folder, stack, problems, List.of()));
        }
        found.sort(Comparator.comparing(DicomSeries::isLocaliser)
                .thenComparing(Comparator.comparingInt(DicomSeries::sliceCount).reversed())
                .thenComparing(DicomSeries::uid)
                .thenComparing(DicomSeries::toString));
        return List.copyOf(found);
    }

    /**
     * The stack that is meant: of the series that the options name, or the only one of the folder. Localisers, and single
     * images beside a larger stack, do not count unless they are named.
     *
     * @param folder a folder, or one file with an enhanced image
     * @throws SeriesChoiceException if several may be meant, or the named one is not there; lists what is
     * @throws FormatException if there are none
     * @throws IOException if the operating system fails
     */
    public static DicomSeries choose(Path folder, ReadOptions options) throws IOException {
        List<DicomSeries> all = find(folder, options);
        List<DicomSeries> meant = all;
        if (options.series().isPresent()) {
            String uid = options.series().get();
            meant = all.stream().filter(s -> s.uid().equals(uid)).toList();
            if (meant.isEmpty()) {
                throw new SeriesChoiceException(
                        folder, "no CT series has the identifier " + uid, "Choose one of these:", all);
            }
        }
        List<DicomSeries> candidates =
                meant.stream().filter(s -> !s.isLocaliser()).toList();
        if (candidates.isEmpty()) {
            throw new SeriesChoiceException(folder, "only localisers", "Give a folder with a CT volume. Found:", meant);
        }
        List<DicomSeries> volumes =
                candidates.stream().filter(s -> s.sliceCount() > 1).toList();
        List<DicomSeries> left = volumes.isEmpty() ? candidates : volumes;
        if (left.size() > 1) {
            throw new SeriesChoiceException(
                    folder,
                    left.size() + " CT volumes",
                    "Choose one by its Series Instance UID, or give a folder that holds only one:",
                    left);
        }
        DicomSeries chosen = left.get(0);
        List<String> notes = new ArrayList<>();
        for (DicomSeries other : meant) {
            if (other != chosen && other.uid().equals(chosen.uid())) {
                other.checkStray(chosen);
                notes.add("left out of the series: " + other.describeSlices());
            }
        }
        return new DicomSeries(chosen.path, chosen.slices, chosen.problems, notes);
    }

    private static String contents(FolderScan scan) {
        List<String> parts = new ArrayList<>();
        scan.others().forEach((kind, count) -> parts.add(count + " of " + kind));
        if (scan.links() > 0) {
            parts.add(scan.links() + " symbolic links, which are not followed");
        }
        return parts.isEmpty() ? "" : ", but " + String.join(", ", parts);
    }

    /** The Series Instance UID. */
    public String uid() {
        return first().series().uid();
    }

    /** The Study Instance UID; empty if the files have none. */
    public String studyUid() {
        return first().series().studyUid();
    }

    /** The Series Description; empty if the files have none. */
    public String description() {
        return first().series().description();
    }

    /** The Frame of Reference UID. */
    public Optional<String> frameOfReference() {
        return first().series().frameOfReference();
    }

    /** How many slices were found. */
    public int sliceCount() {
        return slices.size();
    }

    /** Whether these are scout views, which make no volume. */
    public boolean isLocaliser() {
        return first().localiser();
    }

    @Override
    public String format() {
        return "DICOM";
    }

    @Override
    public Path path() {
        return path;
    }

    /** The files of the slices, in no particular order. */
    @Override
    public List<Path> files() {
        return slices.stream().map(Slice::file).distinct().toList();
    }

    /** How the slices make a grid, for label maps of it. */
    StackGeometry stack(ReadLimits limits) throws FormatException {
        return StackGeometry.of(path, checked(), limits);
    }

    /**
     * Reads the volume with the default options.
     *
     * @throws FormatException if slices are missing, uneven, damaged, or too much
     * @throws IOException if the operating system fails
     */
    public Volume read() throws IOException {
        return read(ReadOptions.DEFAULT).volume();
    }

    /**
     * Reads the volume; slices are decoded in parallel.
     *
     * @throws FormatException if slices are missing, uneven, damaged, or too much
     * @throws IOException if the operating system fails
     */
    public Scan read(ReadOptions options) throws IOException {
        StackGeometry stack = stack(options.limits());
        List<String> warnings = new ArrayList<>(notes);
        if (stack.isTilted()) {
            warnings.add("the gantry was tilted; the slices were resampled onto a straight grid of " + stack.shape());
        }
        int duplicates = stack.duplicates().stream().mapToInt(List::size).sum();
        if (duplicates > 0) {
            warnings.add(duplicates + " slices are there twice with the same content; one of each is used");
        }
        if (sliceCount() == 1) {
            warnings.add("the volume has one slice only; its thickness was taken for the spacing");
        }
        return new Scan(StackReader.read(stack, options), this, warnings);
    }

    /** The attributes of the first slice's file, which is read again. */
    DataSet attributes(ReadLimits limits) throws IOException {
        return DicomReader.read(Source.of(first().file()), limits).dataSet();
    }

    private List<Slice> checked() throws FormatException {
        if (!problems.isEmpty()) {
            throw problems.get(0);
        }
        if (isLocaliser()) {
            throw new UnsupportedFormatException(
                    first().file(),
                    "(0008,0008) Image Type",
                    "a localiser, which is no volume",
                    "Choose another series.");
        }
        return slices;
    }

    /** An image across the others is a scout view; one that is parallel to them but unlike them is a broken slice. */
    private void checkStray(DicomSeries stack) throws FormatException {
        if (!isLocaliser() && StackGrouping.isParallel(first(), stack.first())) {
            throw new FormatException(
                    first().file(),
                    "(0028,0010) Rows, (0028,0011) Columns, (0028,0030) Pixel Spacing",
                    "the slice " + describeSlices() + " lies among others of "
                            + stack.first().format().rows() + " x "
                            + stack.first().format().columns() + " pixels",
                    "Leave slices of one size in the folder.");
        }
    }

    private Slice first() {
        return slices.get(0);
    }

    private String describeSlices() {
        Shape size = new Shape(
                sliceCount(), first().format().rows(), first().format().columns());
        String sample = slices.stream().limit(3).map(Slice::describe).collect(Collectors.joining(", "));
        return size + (isLocaliser() ? " localisers" : " voxels") + " (" + sample + (sliceCount() > 3 ? ", ..." : "")
                + ")";
    }

    /** The identifier, description, number and size of the slices. */
    @Override
    public String toString() {
        return uid() + " \"" + description() + "\", " + sliceCount() + " slice(s) of "
                + first().format().rows() + " x " + first().format().columns()
                + (first().acquisition().isPresent()
                        ? ", acquisition " + first().acquisition().getAsInt()
                        : "")
                + (isLocaliser() ? ", localiser" : "");
    }
}
