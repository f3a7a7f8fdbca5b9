// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.benchmarks;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.efficientsegnet.CancellationToken;
import org.efficientsegnet.ProgressListener;
import org.efficientsegnet.Segmentation;
import org.efficientsegnet.Segmenter;
import org.efficientsegnet.Stage;
import org.efficientsegnet.anatomy.KidneySides;
import org.efficientsegnet.io.LabelMaps;
import org.efficientsegnet.io.ProbabilityMaps;
import org.efficientsegnet.io.Volumes;
import org.efficientsegnet.io.dicom.DicomRtStructure;
import org.efficientsegnet.io.dicom.DicomSeries;
import org.efficientsegnet.io.format.ReadOptions;
import org.efficientsegnet.io.format.Scan;
import org.efficientsegnet.io.format.WriteOptions;
import org.efficientsegnet.io.mesh.MeshFiles;
import org.efficientsegnet.io.preview.Preview;
import org.efficientsegnet.io.preview.PreviewOptions;
import org.efficientsegnet.io.report.HtmlReport;
import org.efficientsegnet.io.report.InputChecksums;
import org.efficientsegnet.io.report.RunContext;
import org.efficientsegnet.io.report.RunReport;
import org.efficientsegnet.io.viewer.ViewerOptions;
import org.efficientsegnet.io.viewer.ViewerPage;
import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.ProbabilityMap;
import org.efficientsegnet.volume.Volume;

/**
 * How long each output of a result takes, beside the networks, and how large it is. The scan is written as a DICOM series
 * first, which SEG and RT structure sets need; every output is written several times, and the median told, since the first
 * time is Java's compiler's.
 *
 * <pre>java -cp benchmarks/target/benchmarks.jar org.efficientsegnet.benchmarks.Outputs SCAN RUNS</pre>
 */
public final class Outputs {

    private Outputs() {}

    @FunctionalInterface
    private interface Output {
        void write(Path file) throws IOException;
    }

    /**
     * Runs it.
     *
     * @param args the scan, of 16 bits, and how many times
     */
    public static void main(String[] args) throws IOException {
        if (args.length != 2) {
            throw new IllegalArgumentException("two arguments are needed: SCAN RUNS");
        }
        int runs = Integer.parseInt(args[1]);
        Path folder = Files.createTempDirectory("outputs");
        try (Segmenter segmenter = Segmenter.pretrained()) {
            Path series = ScanFiles.write(Volumes.read(Path.of(args[0])), ScanFiles.Format.DICOM, folder);
            Scan scan = Volumes.open(series, ReadOptions.DEFAULT);
            System.out.println(scan.volume());
            System.out.println("output | s | MB");
            Segmentation result = segmenter.segment(scan.volume());
            List<Double> networks = new ArrayList<>();
            List<Double> whole = new ArrayList<>();
            for (int run = 0; run < runs; run++) {
                result = segmenter.segment(scan.volume());
                networks.add((result.timings().get(Stage.COARSE_NETWORK).toNanos()
                                + result.timings().get(Stage.FINE_NETWORK).toNanos())
                        / 1e9);
                whole.add(result.duration().toNanos() / 1e9);
            }
            print("both networks", networks, 0);
            print("segmentation", whole, 0);
            for (Map.Entry<String, Output> output :
                    outputs(scan, result, segmenter).entrySet()) {
                Path file = folder.resolve(output.getKey());
                List<Double> seconds = new ArrayList<>();
                for (int run = 0; run < runs; run++) {
                    long start = System.nanoTime();
                    output.getValue().write(file);
                    seconds.add((System.nanoTime() - start) / 1e9);
                }
                print(output.getKey(), seconds, bytes(file));
            }
        } finally {
            Folders.delete(folder);
        }
    }

    private static void print(String name, List<Double> seconds, long bytes) {
        double median = seconds.stream().sorted().toList().get(seconds.size() / 2);
        System.out.printf(Locale.ROOT, "%s | %.2f | %.1f%n", name, median, bytes / 1e6);
    }

    private static long bytes(Path path) throws IOException {
        long bytes = 0;
        try (Stream<Path> files = Files.walk(path)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                bytes += Files.size(file);
            }
        }
        return bytes;
    }

    private static Map<String, Output> outputs(Scan scan, Segmentation result, Segmenter segmenter) {
        Volume ct = scan.volume();
        LabelMap labels = result.labels();
        WriteOptions options = WriteOptions.DEFAULT.withSource(scan.provenance());
        Map<String, Output> outputs = new LinkedHashMap<>();
        for (String ending : LabelMaps.endings()) {
            outputs.put("labels" + ending, file -> LabelMaps.write(labels, file, options));
        }
        outputs.put(
                "contours.dcm",
                file -> DicomRtStructure.write(
                        labels, (DicomSeries) scan.provenance(), file, DicomRtStructure.Options.DEFAULT));
        outputs.put("organs.stl", file -> MeshFiles.write(labels, file));
        outputs.put("organs.obj", file -> MeshFiles.write(labels, file));
        outputs.put("split", file -> {
            Files.createDirectories(file);
            for (String name : labels.names().values()) {
                LabelMap mask = new LabelMap(
                        labels.shape(), labels.geometry(), labels.mask(name), new TreeMap<>(Map.of(1, name)));
                LabelMaps.write(mask, file.resolve(name + ".nii.gz"), options);
            }
        });
        outputs.put("sides", file -> {
            KidneySides.split(ct, labels, Parallelism.common());
            Files.writeString(file, "");
        });
        List<ProbabilityMap> maps = new ArrayList<>();
        segmenter.segment(ct, ProgressListener.NONE, new CancellationToken(), maps::add);
        outputs.put("probabilities, written", file -> {
            Files.createDirectories(file);
            for (ProbabilityMap map : maps) {
                ProbabilityMaps.write(map, file.resolve(map.name() + ".nii.gz"), options);
            }
        });
        outputs.put("probabilities, with the segmentation", file -> {
            segmenter.segment(ct, ProgressListener.NONE, new CancellationToken(), map -> {});
            Files.writeString(file, "");
        });
        outputs.put("preview.png", file -> {
            byte[] png = Preview.png(Preview.render(ct, labels, PreviewOptions.DEFAULT));
            Files.write(file, png);
        });
        outputs.put("report.json", file -> report(scan, result).write(file));
        outputs.put("report.html", file -> {
            BufferedImage wide = Preview.render(ct, labels, PreviewOptions.DEFAULT);
            BufferedImage narrow = Preview.render(ct, labels, PreviewOptions.NARROW);
            HtmlReport.write(report(scan, result), wide, narrow, file);
        });
        outputs.put("viewer.html", file -> ViewerPage.write(ct, labels, ViewerOptions.DEFAULT, file));
        return outputs;
    }

    private static RunReport report(Scan scan, Segmentation result) throws IOException {
        return RunReport.of(
                result, scan, InputChecksums.of(scan.provenance()), RunContext.ofThisProcess(Instant.now(), Map.of()));
    }
}
