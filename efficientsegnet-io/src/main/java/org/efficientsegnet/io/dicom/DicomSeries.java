// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.efficientsegnet.io.dicom.dataset.DataSet;
import org.efficientsegnet.io.dicom.dataset.DicomReader;
import org.efficientsegnet.io.format.FormatException;
import org.efficientsegnet.io.format.Provenance;
import org.efficientsegnet.io.format.ReadLimits;
import org.efficientsegnet.io.format.ReadOptions;
import org.efficientsegnet.io.format.Scan;
import org.efficientsegnet.io.format.UnsupportedFormatException;
import org.efficientsegnet.volume.Axis;
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
 * not matter. The volume's x runs along a slice's rows, y along its columns, z along the normal. Missing slices and
 * different slices at one position are refused, as is uneven spacing unless the options allow it; a stack from a tilted
 * gantry is resampled onto a straight grid. A file that may be a slice and cannot be read is an error unless the options
 * allow it, and every other file in the slices' folders is named in a remark. Pixels with the padding value become air, -1024 HU.
 *
 * <p>Holds headers only; pixels are read when {@link #read} is called. Immutable and thread-safe.
 */
public final class DicomSeries implements Provenance {

    private static final Comparator<DicomSeries> ORDER_IN_SERIES = Comparator.comparing(DicomSeries::isLocaliser)
            .thenComparing(s -> s.sliceCount() < 2)
            .thenComparing(s -> s.first().acquisition().number(), DicomSeries::compareNumbers)
            .thenComparing(s -> s.first().acquisition().phase(), DicomSeries::compareNumbers)
            .thenComparing(s -> s.first().acquisition().time())
            .thenComparing(s -> s.first().acquisition().instance().orElse(0))
            .thenComparing(s -> s.first().sopInstance())
            .thenComparing(s -> s.first().frame());

    /** By what lists tell the volumes of a series apart, with what stands before each value. */
    private static final Map<String, Function<Slice, String>> DISTINCTIONS = distinctions();

    private final Path path;
    private final List<Slice> slices;
    private final Place place;
    private final List<FormatException> problems;
    private final List<String> notes;

    /**
     * Where a stack stands among those of its series.
     *
     * @param number from 1
     * @param alone whether no other of them is a volume
     * @param distinction what sets it apart from them, for lists
     */
    private record Place(int number, boolean alone, String distinction) {}

    /** @param slices the one with the lowest instance number first */
    private DicomSeries(
            Path path, List<Slice> slices, Place place, List<FormatException> problems, List<String> notes) {
        this.path = path;
        this.slices = List.copyOf(slices);
        this.place = place;
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
     * @param folder a folder, a zip archive, the DICOMDIR of a medium, or one file
     * @param options limits, threads, and whether unreadable files are left out; its choice of a series does not matter
     * @return localisers last, otherwise by number of slices, the largest first
     * @throws FormatException if there are none, or too many files
     * @throws IOException if the operating system fails
     */
    public static List<DicomSeries> find(Path folder, ReadOptions options) throws IOException {
        return find(folder, FolderScan.of(folder, options), options);
    }

    /**
     * Finds all CT stacks among files that are in memory, as a PACS or a web service delivers them; no file is touched.
     *
     * @param instances the content of a DICOM file each, from the buffer's position to its limit; read-only buffers and
     *     parts of arrays are copied, other arrays are held and must not change until the series is read
     * @param options limits, threads, and whether unreadable instances are left out; its choice of a series does not
     *     matter
     * @return as {@link #find(Path, ReadOptions)}; messages call the instances by their numbers from 1 on
     * @throws FormatException if there are none, or too many instances
     * @throws IOException if a value cannot be read
     */
    public static List<DicomSeries> find(List<ByteBuffer> instances, ReadOptions options) throws IOException {
        FolderScan scan = FolderScan.of(DicomFiles.inMemory(instances, options.limits()), options);
        return find(DicomFiles.MEMORY, scan, options);
    }

    private static List<DicomSeries> find(Path folder, FolderScan scan, ReadOptions options) throws FormatException {
        if (scan.slices().isEmpty()) {
            if (!scan.problems().isEmpty()) {
                throw scan.problems().get(0).cause();
            }
            boolean inMemory = folder.equals(DicomFiles.MEMORY);
            throw new UnsupportedFormatException(
                    folder,
                    inMemory ? "instances" : "folder",
                    "no CT images" + contents(scan),
                    inMemory ? "Give the instances of a CT series." : "Give a folder with a CT series.");
        }
        StackRemarks stackRemarks = new StackRemarks(scan);
        Map<String, List<DicomSeries>> bySeries = new TreeMap<>();
        for (StackGrouping.Stack stack : StackGrouping.stacks(scan.slices())) {
            List<FormatException> problems = stackRemarks.problems(stack.slices());
            List<String> notes = new ArrayList<>(stack.remarks());
            notes.addAll(stackRemarks.remarks(stack.slices()));
            if (options.skipUnreadable()) {
                notes.addAll(StackRemarks.leftOut(problems));
                problems = List.of();
            }
            List<Slice> ordered = new ArrayList<>(stack.slices());
            ordered.sort(Comparator.<Slice>comparingInt(
                            s -> s.acquisition().instance().orElse(0))
                    .thenComparing(Slice::sopInstance)
                    .thenComparing(Slice::frame));
            bySeries.computeIfAbsent(ordered.get(0).series().uid(), uid -> new ArrayList<>())
                    .add(new DicomSeries(folder, ordered, new Place(1, true, ""), problems, notes));
        }
        List<DicomSeries> found = new ArrayList<>();
        bySeries.values().forEach(stacks -> found.addAll(placed(stacks)));
        found.sort(Comparator.comparing(DicomSeries::isLocaliser)
                .thenComparing(Comparator.comparingInt(DicomSeries::sliceCount).reversed())
                .thenComparing(DicomSeries::uid)
                .thenComparing(series -> series.place.number));
        return List.copyOf(found);
    }

    /** The stacks of one series with their numbers. */
    private static List<DicomSeries> placed(List<DicomSeries> stacks) {
        List<DicomSeries> ordered = new ArrayList<>(stacks);
        ordered.sort(ORDER_IN_SERIES);
        long volumes = ordered.stream().filter(DicomSeries::isVolume).count();
        Map<String, Set<String>> values = new HashMap<>();
        DISTINCTIONS.forEach((name, attribute) -> values.put(
                name, ordered.stream().map(s -> attribute.apply(s.first())).collect(Collectors.toSet())));
        List<DicomSeries> placed = new ArrayList<>();
        for (DicomSeries s : ordered) {
            boolean alone = ordered.size() == 1 || volumes == 1 && s.isVolume();
            Place place = new Place(placed.size() + 1, alone, s.distinction(values));
            placed.add(new DicomSeries(s.path, s.slices, place, s.problems, s.notes));
        }
        return placed;
    }

    /** What the slices of this stack have in common, but not with all others of the series. */
    private String distinction(Map<String, Set<String>> all) {
        StringBuilder text = new StringBuilder();
        DISTINCTIONS.forEach((name, attribute) -> {
            Set<String> own = slices.stream().map(attribute).collect(Collectors.toSet());
            if (own.size() == 1 && !own.contains("") && !own.containsAll(all.get(name))) {
                text.append(", ").append(name).append(own.iterator().next());
            }
        });
        return text.toString();
    }

    private static Map<String, Function<Slice, String>> distinctions() {
        Map<String, Function<Slice, String>> attributes = new LinkedHashMap<>();
        attributes.put("", StackGeometry::plane);
        attributes.put("acquisition ", s -> s.acquisition().number());
        attributes.put("phase ", s -> s.acquisition().phase());
        attributes.put("acquired at ", s -> s.acquisition().time());
        attributes.put("kV ", s -> s.acquisition().voltage());
        attributes.put("kernel ", s -> s.acquisition().kernel());
        attributes.put("image type ", s -> s.acquisition().imageType());
        attributes.put("frame of reference ", s -> s.series().frameOfReference().orElse(""));
        return attributes;
    }

    /** As numbers if both are, else as texts. */
    private static int compareNumbers(String a, String b) {
        String digits = "[0-9]{1,18}";
        return a.matches(digits) && b.matches(digits)
                ? Long.compare(Long.parseLong(a), Long.parseLong(b))
                : a.compareTo(b);
    }

    /**
     * The stack that is meant: of the series that the options name, or the only one of the folder. Localisers, and single
     * images beside a larger stack, do not count unless they are named.
     *
     * @param folder a folder, a zip archive, the DICOMDIR of a medium, or one file with an enhanced image
     * @throws SeriesChoiceException if several may be meant, or the named one is not there; lists what is
     * @throws FormatException if there are none
     * @throws IOException if the operating system fails
     */
    public static DicomSeries choose(Path folder, ReadOptions options) throws IOException {
        return choose(folder, find(folder, options), options);
    }

    /**
     * The stack that is meant among files that are in memory; see {@link #find(List, ReadOptions)}.
     *
     * @throws SeriesChoiceException if several may be meant, or the named one is not there; lists what is
     * @throws FormatException if there are none
     * @throws IOException if a value cannot be read
     */
    public static DicomSeries choose(List<ByteBuffer> instances, ReadOptions options) throws IOException {
        return choose(DicomFiles.MEMORY, find(instances, options), options);
    }

    private static DicomSeries choose(Path folder, List<DicomSeries> all, ReadOptions options) throws FormatException {
        List<DicomSeries> meant = all;
        if (options.series().isPresent()) {
            String name = options.series().get();
            Optional<DicomSeries> exact =
                    all.stream().filter(s -> s.numbered().equals(name)).findFirst();
            if (exact.isPresent()) {
                return exact.get().with(exact.get().leftOut(all));
            }
            meant = all.stream().filter(s -> s.uid().equals(name)).toList();
            if (meant.isEmpty()) {
                throw new SeriesChoiceException(
                        folder, "no CT series has the identifier " + name, "Choose one of these:", all);
            }
        }
        List<DicomSeries> candidates =
                meant.stream().filter(s -> !s.isLocaliser()).toList();
        if (candidates.isEmpty()) {
            throw new SeriesChoiceException(folder, "only localisers", "Give a folder with a CT volume. Found:", meant);
        }
        List<DicomSeries> volumes =
                candidates.stream().filter(DicomSeries::isVolume).toList();
        List<DicomSeries> left = volumes.isEmpty() ? candidates : volumes;
        if (left.size() > 1) {
            throw new SeriesChoiceException(
                    folder,
                    left.size() + " CT volumes",
                    "Choose one by its name, the first of each line, or give a folder that holds only one:",
                    left);
        }
        DicomSeries chosen = left.get(0);
        for (DicomSeries other : meant) {
            if (other != chosen && other.uid().equals(chosen.uid())) {
                other.checkStray(chosen);
            }
        }
        return chosen.with(chosen.leftOut(meant));
    }

    /** Remarks on the other stacks of this one's series. */
    private List<String> leftOut(List<DicomSeries> all) {
        return all.stream()
                .filter(other -> other != this && other.uid().equals(uid()))
                .map(other -> "left out of the series: " + other.describeSlices())
                .toList();
    }

    private DicomSeries with(List<String> more) {
        return new DicomSeries(
                path,
                slices,
                place,
                problems,
                Stream.concat(more.stream(), notes.stream()).toList());
    }

    private static String contents(FolderScan scan) {
        Map<String, Integer> counts = new TreeMap<>();
        scan.passedOver().forEach(other -> counts.merge(other.text(), 1, Integer::sum));
        return counts.isEmpty()
                ? ""
                : counts.entrySet().stream()
                        .map(e -> e.getKey() + " (" + e.getValue() + ")")
                        .collect(Collectors.joining(", ", ", but ", ""));
    }

    /**
     * The name under which {@link ReadOptions#withSeries} chooses this one: the Series Instance UID, followed by {@code #}
     * and a number if several volumes have it. Numbers follow acquisition, phase and time, whatever the files are called.
     */
    public String name() {
        return place.alone ? uid() : numbered();
    }

    private String numbered() {
        return uid() + "#" + place.number;
    }

    /** Whether this is a stack of several slices and no localiser. */
    public boolean isVolume() {
        return !isLocaliser() && sliceCount() > 1;
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

    /** The Frame of Reference UID; if the slices have several, one of them. */
    public Optional<String> frameOfReference() {
        return slices.stream()
                .flatMap(s -> s.series().frameOfReference().stream())
                .findFirst();
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

    /** The files of the slices, or the archive that holds them, in no particular order; none if they are in memory. */
    @Override
    public List<Path> files() {
        if (path.equals(DicomFiles.MEMORY)) {
            return List.of();
        }
        return slices.stream().map(s -> s.source().file()).distinct().toList();
    }

    /** Whether the slices are those of the one file that was asked for. */
    boolean isOneFile() {
        return slices.stream().allMatch(s -> s.file().equals(path));
    }

    /** The grid of label maps of this series, however it was read. */
    StackGeometry stackOfLabels(ReadLimits limits) throws FormatException {
        return StackGeometry.of(path, slices, true, limits);
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
        StackGeometry stack = StackGeometry.of(path, checked(options), options.unevenSpacing(), options.limits());
        List<String> warnings = new ArrayList<>(notes);
        if (stack.isTilted()) {
            warnings.add("the gantry was tilted; the slices were resampled onto a straight grid of " + stack.shape());
        }
        if (stack.isUneven()) {
            warnings.add(String.format(
                    Locale.ROOT,
                    "the slices are spaced unevenly; the %d of them were resampled to %d at %.4g mm",
                    stack.slices().size(),
                    stack.shape().z(),
                    stack.geometry().spacing(Axis.Z)));
        }
        int duplicates = stack.duplicates().stream().mapToInt(List::size).sum();
        if (duplicates > 0) {
            warnings.add(duplicates + " slices are there twice with the same content; one of each is used");
        }
        if (sliceCount() == 1) {
            warnings.add("the volume has one slice only; its thickness was taken for the spacing");
        }
        Closeable open = first().source().keepOpen();
        try {
            Volume volume = StackReader.read(stack, options, warnings);
            return new Scan(volume, this, warnings);
        } finally {
            open.close();
        }
    }

    /** The attributes of the first slice's file, which is read again. */
    DataSet attributes(ReadLimits limits) throws IOException {
        return DicomReader.read(first().source(), limits).dataSet();
    }

    private List<Slice> checked(ReadOptions options) throws FormatException {
        if (!problems.isEmpty() && !options.skipUnreadable()) {
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
        if (isLocaliser() || !StackGrouping.isParallel(first(), stack.first())) {
            return;
        }
        Map<String, String> differences = StackGrouping.differences(first(), stack.first());
        throw new FormatException(
                first().file(),
                differences.isEmpty() ? "(0020,0012) Acquisition Number" : String.join(", ", differences.keySet()),
                "the slice " + describeSlices() + " is parallel to the others of its series but unlike them"
                        + (differences.isEmpty() ? "" : ": " + String.join("; ", differences.values())),
                "Take it away, or choose the others by their name, " + stack.numbered() + ".");
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

    /** The name, description, number and size of the slices, and what sets them apart from others of their series. */
    @Override
    public String toString() {
        return name() + " \"" + description() + "\", " + sliceCount() + " slice(s) of "
                + first().format().rows() + " x " + first().format().columns()
                + place.distinction
                + (isLocaliser() ? ", localiser" : "");
    }
}
