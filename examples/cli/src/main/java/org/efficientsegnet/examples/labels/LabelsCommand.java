// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.labels;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.efficientsegnet.CancellationToken;
import org.efficientsegnet.examples.cli.ExitCodes;
import org.efficientsegnet.examples.cli.OutputOptions;
import org.efficientsegnet.examples.cli.Version;
import org.efficientsegnet.labels.ConnectedComponents;
import org.efficientsegnet.labels.Connectivity;
import org.efficientsegnet.labels.Downsampling;
import org.efficientsegnet.labels.Holes;
import org.efficientsegnet.labels.LabelArray;
import org.efficientsegnet.labels.LabelCounts;
import org.efficientsegnet.labels.LabelGrid;
import org.efficientsegnet.labels.Remapping;
import org.efficientsegnet.parallel.Parallelism;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code labels}: looks at a label map, cleans it, renumbers it, makes it smaller. */
@Command(
        name = "labels",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        description = {
            "Shows what is in a label map, which it does if nothing else is asked for, or makes another one of it.",
            "",
            "What is asked for is done in this order: --keep, --remove, --largest, --dust, --fill-holes,"
                    + " --renumber, --components, --downsample."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  efficientsegnet labels labels.nii.gz",
            "  efficientsegnet labels labels.nii.gz --largest 1,2,1,1 --dust 500 --fill-holes -o clean.nii.gz",
            "  efficientsegnet labels labels.nii.gz --keep liver --components 26 -o pieces.nii.gz",
            "  efficientsegnet labels labels.nii.gz --downsample 2,2,2 -o half.nii.gz"
        })
public final class LabelsCommand implements Callable<Integer> {

    private final CancellationToken cancellation;

    @Parameters(index = "0", paramLabel = "FILE", description = "The label map.")
    private Path file;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "OUT",
            description = "Where the result goes; the ending chooses the format.")
    private Path output;

    @Option(
            names = "--stats",
            description = "Print voxels, volume, components and box of every label; of the result, if there is one.")
    private boolean stats;

    @Option(names = "--json", description = "Print them as JSON, every component by itself.")
    private boolean json;

    @Option(
            names = "--connectivity",
            paramLabel = "6|18|26",
            description = "Which neighbours belong together: over faces, edges too, or corners too."
                    + " Default: ${DEFAULT-VALUE}.",
            defaultValue = "26")
    private int connectivity;

    @Option(
            names = "--keep",
            split = ",",
            paramLabel = "LABEL",
            description = "Keep only these labels, by number or by name.")
    private List<String> keep = List.of();

    @Option(names = "--remove", split = ",", paramLabel = "LABEL", description = "Make background of these labels.")
    private List<String> remove = List.of();

    @Option(
            names = "--largest",
            split = ",",
            paramLabel = "N",
            description = "Keep the N largest components: one number for all labels, or one each for label 1, 2, ...;"
                    + " labels beyond the list are left alone.")
    private List<Integer> largest = List.of();

    @Option(
            names = "--dust",
            paramLabel = "MM3",
            description = "Keep only components of more than MM3 cubic millimetres.",
            defaultValue = "0")
    private double dust;

    @Option(
            names = "--fill-holes",
            arity = "0..1",
            paramLabel = "3d|slice",
            fallbackValue = "3d",
            description = "Fill background that one label encloses, in three dimensions or slice by slice.")
    private String fillHoles;

    @Option(
            names = "--renumber",
            arity = "0..1",
            paramLabel = "value|size",
            fallbackValue = "value",
            description = "Number the labels from 1 on, in order of their values, or the largest first.")
    private String renumber;

    @Option(
            names = "--components",
            paramLabel = "6|18|26",
            description = "Replace labels by the numbers of their components with so many neighbours.")
    private Integer components;

    @Option(
            names = "--downsample",
            split = ",",
            paramLabel = "N",
            description = "Make one voxel of a block of z,y,x by majority; one number for a cube.")
    private List<Integer> downsample = List.of();

    @Option(
            names = "--zero-aware",
            description = "With --downsample: background counts only where a block has nothing else.")
    private boolean zeroAware;

    @Mixin
    private OutputOptions console;

    /** @param cancellation stops between two steps */
    public LabelsCommand(CancellationToken cancellation) {
        this.cancellation = cancellation;
    }

    @Override
    public Integer call() throws IOException {
        console.configureLogging();
        check();
        Parallelism p = Parallelism.common();
        LabelFile labels = LabelFile.read(file);
        for (Step step : steps()) {
            cancellation.check(file.toString());
            labels = step.apply(labels, p);
        }
        if (output != null) {
            labels.write(output);
            console.note("wrote " + output);
        }
        if (stats || json || output == null) {
            LabelStatisticsTable table = LabelStatisticsTable.of(labels, Connectivity.of(connectivity), p);
            if (json) {
                console.result(table.json());
            } else {
                table.lines().forEach(console::result);
            }
        }
        return ExitCodes.OK;
    }

    private void check() {
        if (!(dust >= 0 && dust < Double.POSITIVE_INFINITY)) {
            throw console.wrong("--dust must be a volume in mm3, 0 or more, not " + dust);
        }
        for (Integer neighbours : new Integer[] {connectivity, components}) {
            if (neighbours != null && neighbours != 6 && neighbours != 18 && neighbours != 26) {
                throw console.wrong("voxels have 6, 18 or 26 neighbours, not " + neighbours);
            }
        }
        if (output == null && !steps().isEmpty() && !stats && !json) {
            throw console.wrong("a changed label map needs a place: give -o OUT, or --stats to only look at it");
        }
        if (output != null && steps().isEmpty()) {
            throw console.wrong("-o " + output + " would be a copy: say what is to be changed");
        }
        if (largest.stream().anyMatch(n -> n < 0)) {
            throw console.wrong("--largest must be numbers of components, 0 or more");
        }
        if (fillHoles != null && !fillHoles.equals("3d") && !fillHoles.equals("slice")) {
            throw console.wrong("--fill-holes is 3d or slice, not " + fillHoles);
        }
        if (renumber != null && !renumber.equals("value") && !renumber.equals("size")) {
            throw console.wrong("--renumber is by value or size, not " + renumber);
        }
        if (!downsample.isEmpty()
                && (downsample.size() != 3 && downsample.size() != 1
                        || downsample.stream().anyMatch(n -> n < 1))) {
            throw console.wrong("--downsample needs one factor or three, z,y,x, of 1 or more");
        }
        if (zeroAware && downsample.isEmpty()) {
            throw console.wrong("--zero-aware goes with --downsample");
        }
    }

    /** A change. The labels given may be overwritten. */
    @FunctionalInterface
    private interface Step {
        LabelFile apply(LabelFile labels, Parallelism p);
    }

    private List<Step> steps() {
        List<Step> steps = new ArrayList<>();
        if (!keep.isEmpty()) {
            steps.add((labels, p) -> remap(labels, Remapping.keeping(numbers("--keep", keep, labels, p)), p));
        }
        if (!remove.isEmpty()) {
            steps.add((labels, p) -> remap(labels, Remapping.removing(numbers("--remove", remove, labels, p)), p));
        }
        if (!largest.isEmpty() || dust > 0) {
            steps.add(this::filter);
        }
        if (fillHoles != null) {
            steps.add((labels, p) -> {
                Connectivity neighbours = Connectivity.of(connectivity);
                long filled = fillHoles.equals("3d")
                        ? Holes.fill(labels.grid(), neighbours, p)
                        : Holes.fillPerSlice(labels.grid(), neighbours, p);
                console.note("filled " + filled + " voxels of holes");
                return labels;
            });
        }
        if (renumber != null) {
            steps.add(this::renumber);
        }
        if (components != null) {
            steps.add((labels, p) -> {
                ConnectedComponents found = ConnectedComponents.of(labels.grid(), Connectivity.of(components), p);
                console.note("found " + found.count() + " components");
                return labels.with(found.numbers(p)).withNames(new TreeMap<>());
            });
        }
        if (!downsample.isEmpty()) {
            steps.add((labels, p) -> {
                int last = downsample.size() - 1;
                Downsampling by =
                        new Downsampling(downsample.get(0), downsample.get(Math.min(1, last)), downsample.get(last));
                LabelGrid small = by.majority(labels.grid(), 1, zeroAware, p).get(0);
                return new LabelFile(small, by.of(labels.geometry()), labels.names());
            });
        }
        return steps;
    }

    /** Labels by number or by name; of those that no voxel has a note is made. */
    private int[] numbers(String option, List<String> wanted, LabelFile labels, Parallelism p) {
        LabelCounts counts = LabelCounts.of(labels.grid(), p);
        int[] numbers =
                wanted.stream().mapToInt(label -> number(option, label, labels)).toArray();
        for (int number : numbers) {
            if (counts.voxels(number) == 0) {
                console.note("note: " + option + " " + number + ": no voxel has that label");
            }
        }
        return numbers;
    }

    private int number(String option, String label, LabelFile labels) {
        return labels.names().entrySet().stream()
                .filter(name -> name.getValue().equals(label))
                .findFirst()
                .map(Map.Entry::getKey)
                .orElseGet(() -> {
                    try {
                        return Integer.parseInt(label);
                    } catch (NumberFormatException e) {
                        throw console.wrong(option + " " + label + " is neither a number nor the name of a label; "
                                + (labels.names().isEmpty()
                                        ? "the labels of this map have no names"
                                        : "names are "
                                                + String.join(
                                                        ", ", labels.names().values())));
                    }
                });
    }

    private static LabelFile remap(LabelFile labels, Remapping remapping, Parallelism p) {
        remapping.apply(labels.grid(), labels.grid(), p);
        return labels;
    }

    private LabelFile filter(LabelFile labels, Parallelism p) {
        ConnectedComponents found = ConnectedComponents.of(labels.grid(), Connectivity.of(connectivity), p);
        double minVoxels = dust / labels.geometry().voxelVolume();
        BitSet kept = found.largestOfEachLabel(this::most, minVoxels);
        found.clear(number -> !kept.get(number), p);
        console.note("kept " + kept.cardinality() + " of " + found.count() + " components");
        return labels;
    }

    private int most(int label) {
        if (largest.size() == 1) {
            return largest.get(0);
        }
        return label >= 1 && label <= largest.size() ? largest.get(label - 1) : Integer.MAX_VALUE;
    }

    private LabelFile renumber(LabelFile labels, Parallelism p) {
        LabelCounts counts = LabelCounts.of(labels.grid(), p);
        Remapping numbers = renumber.equals("size") ? Remapping.bySize(counts) : Remapping.byValue(counts);
        LabelArray result = numbers.apply(labels.grid(), p);
        SortedMap<Integer, String> names = new TreeMap<>();
        for (Map.Entry<Integer, String> name : labels.names().entrySet()) {
            if (counts.voxels(name.getKey()) > 0) {
                names.put(numbers.apply(name.getKey()), name.getValue());
            }
        }
        return labels.with(result).withNames(names);
    }
}
