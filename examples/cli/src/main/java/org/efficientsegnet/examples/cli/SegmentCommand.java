// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.cli;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.efficientsegnet.files.AtomicOutput;
import org.efficientsegnet.io.LabelMaps;
import org.efficientsegnet.io.cases.Explanation;
import org.efficientsegnet.io.cases.ScanNames;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code segment}: one scan to a file, or many to a folder. */
@Command(
        name = SegmentCommand.NAME,
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        description = {
            "Finds the organs in CT scans and writes a label map for each, on the scan's own grid.",
            "",
            "An INPUT is a file (NIfTI, NRRD, MetaImage), or a folder, a zip archive or the DICOMDIR of a DICOM series;"
                    + " formats are recognised by content.",
            "",
            "If -o names a file, its ending is the format of the label map:",
            "  .nii.gz, .nii, .nrrd, .mha, .mhd; .dcm for a DICOM segmentation object.",
            "",
            "If -o names a folder, every scan in the inputs is segmented: folders are searched, DICOM folders and"
                    + " archives count one case a volume. The model is loaded once, and reading, network and writing of different"
                    + " cases overlap. A case that fails is noted and the batch goes on; summary.csv in the folder has a"
                    + " row a case. Run the same command again to resume: finished cases are kept unless their input,"
                    + " the model or these options have changed."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  efficientsegnet segment ct.nii.gz -o labels.nii.gz",
            "  efficientsegnet segment ct.nii.gz -o labels.nii.gz --preview picture.png",
            "  efficientsegnet segment ct.nii.gz -o labels.nii.gz --report - | jq .organs",
            "  efficientsegnet segment dicom-folder/ -o organs.dcm --html report.html",
            "  efficientsegnet segment scans/ -o results/ --jobs 3 --preview results/previews"
        })
final class SegmentCommand implements Callable<Integer> {

    /** What users call it. */
    static final String NAME = "segment";

    private final Environment environment;

    @Parameters(arity = "1..*", paramLabel = "INPUT", description = "Scan files, DICOM folders, or folders of scans.")
    private List<Path> inputs;

    @Option(
            names = {"-o", "--output"},
            required = true,
            paramLabel = "OUT",
            description = "The label map to write, or the folder for the results of many.")
    private Path output;

    @Option(
            names = "--series",
            paramLabel = "NAME",
            description =
                    "Which series of a DICOM folder is meant, if it holds several: its UID, or UID#2 for the second"
                            + " volume of a series.")
    private String series;

    @Mixin
    private ScanOptions scans;

    @Mixin
    private EngineChoice engine;

    @Option(
            names = "--report",
            paramLabel = "FILE",
            converter = ReportPlace.class,
            description = "Write what was done and found as JSON; - is standard output. For many scans: a folder for"
                    + " the reports.")
    private Path report;

    @Option(
            names = "--html",
            paramLabel = "FILE",
            description = "Write a page with preview and table. For many scans: a folder for the pages.")
    private Path html;

    @Option(
            names = "--preview",
            paramLabel = "FILE",
            description = "Write a picture (PNG) of slices with the organs in colour. For many scans: a folder for the"
                    + " pictures.")
    private Path preview;

    @Mixin
    private ResultOptions results;

    @Option(
            names = "--format",
            paramLabel = "ENDING",
            description = "For many scans: the format of the label maps. Default: nii.gz.")
    private String format;

    @Option(
            names = "--jobs",
            paramLabel = "N",
            description = "For many scans: how many are in flight; each takes memory. Default: ${DEFAULT-VALUE}.",
            defaultValue = "2")
    private int jobs;

    @Option(names = "--redo", description = "For many scans: do those again that are finished.")
    private boolean redo;

    @Mixin
    private OutputOptions console;

    SegmentCommand(Environment environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() throws IOException {
        console.configureLogging();
        if (jobs < 1) {
            throw console.wrong("--jobs must be at least 1, not " + jobs);
        }
        boolean reportToOutput = ReportPlace.isStandardOutput(report);
        Artefacts artefacts = new Artefacts(output, reportToOutput ? null : report, html, preview, results.beside());
        requireNames(artefacts);
        if (namesFile()) {
            Path input = inputs.get(0);
            requireFiles(artefacts, input);
            results.requireEndings(console, html, preview);
            if (format != null) {
                throw console.wrong("--format is for many scans; the ending of -o " + output + " is the format");
            }
            if (reportToOutput) {
                console.keepOutputForResults();
            }
            return new SegmentScan(environment, engine, console)
                    .run(input, series, scans.reading(), results, artefacts, reportToOutput);
        }
        if (series != null) {
            throw console.wrong("--series chooses one series; give a file name to -o, not a folder");
        }
        if (reportToOutput) {
            throw console.wrong("--report - prints one report; for many scans give a folder");
        }
        String ending = format == null ? ".nii.gz" : format.startsWith(".") ? format : "." + format;
        if (!LabelMaps.endings().contains(ending)) {
            throw console.wrong("--format " + format + " is not one of " + String.join(", ", LabelMaps.endings()));
        }
        return new SegmentFolder(environment, engine, console)
                .run(inputs, scans, results, artefacts, ending, jobs, redo);
    }

    /** Whether -o is a file for one scan; else it is a folder. */
    private boolean namesFile() {
        if (Files.isDirectory(output)) {
            return false;
        }
        String name = String.valueOf(output.getFileName());
        if (ScanNames.ending(name).filter(LabelMaps.endings()::contains).isPresent()) {
            if (inputs.size() > 1) {
                throw console.wrong(inputs.size() + " inputs need a folder for -o, not the file " + output);
            }
            return true;
        }
        boolean meansFile = ScanNames.ending(name).isPresent()
                || Files.exists(output)
                || inputs.size() == 1 && Files.isRegularFile(inputs.get(0)) && name.contains(".");
        if (meansFile) {
            throw console.wrong(output + ": no format is written under that ending; known are "
                    + String.join(", ", LabelMaps.endings()));
        }
        return false;
    }

    /** An empty name would mean the current folder; it is the name of a variable that was not set. */
    private void requireNames(Artefacts artefacts) {
        if (Stream.concat(inputs.stream(), artefacts.files().stream())
                .anyMatch(path -> path.toString().isEmpty())) {
            throw console.wrong("a file or folder has an empty name");
        }
    }

    /** That every output is a file of its own, before the work is done in vain. */
    private void requireFiles(Artefacts artefacts, Path input) throws IOException {
        for (Path file : artefacts.files()) {
            requireName(file);
            if (Files.isDirectory(file)) {
                throw console.wrong(file + " is a folder; for one scan every output is a file");
            }
            if (Files.exists(file) && Files.exists(input) && Files.isSameFile(file, input)) {
                throw console.wrong(file + " is the input; it would be overwritten");
            }
        }
        console.requireApart(artefacts.files().stream());
    }

    private void requireName(Path file) throws IOException {
        try {
            AtomicOutput.checkName(file);
        } catch (FileSystemException e) {
            throw console.wrong(Explanation.of(e));
        }
    }
}
