// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.efficientsegnet.nn.train.Batch;
import org.efficientsegnet.nn.train.data.PreparedDataset.CascadeStage;
import org.efficientsegnet.nn.weights.Safetensors;
import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.preprocess.Intensities;
import org.efficientsegnet.volume.Box;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.Layout;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Volume;

/**
 * Checks pairs of scans and labels and puts them into a cache that training reads without decoding anything. It may be
 * stopped and started again: a case whose files did not change is not prepared twice. A case that cannot be used is
 * named and left out.
 */
public final class Preparation {

    private static final double GEOMETRY_TOLERANCE = 1e-2;

    private Preparation() {}

    /** Is told of every case that is done, from several threads at once. */
    @FunctionalInterface
    public interface Listener {
        /**
         * @param id the case's name
         * @param done how many cases are done
         * @param total of how many
         * @param problem why it is left out, or null
         */
        void done(String id, int done, int total, String problem);
    }

    /**
     * What was prepared.
     *
     * @param dataset the cases that can be used
     * @param problems what is left out and why, by case
     * @param reused how many cases were there already
     */
    public record Report(PreparedDataset dataset, Map<String, String> problems, int reused) {}

    /**
     * Prepares cases.
     *
     * @param pairs the cases
     * @param reader reads their files
     * @param directory receives the cache
     * @param options how they are prepared
     * @param p the threads; each works on a case of its own
     * @param listener is told of every case
     * @throws IOException if the directory cannot be written, or no case can be used
     */
    public static Report run(
            List<CasePair> pairs,
            CaseReader reader,
            Path directory,
            PreparationOptions options,
            Parallelism p,
            Listener listener)
            throws IOException {
        for (String folder : List.of("cases", CascadeStage.COARSE.label(), CascadeStage.FINE.label())) {
            Files.createDirectories(directory.resolve(folder));
        }
        List<String> all = pairs.stream().map(CasePair::id).toList();
        AtomicInteger reused = new AtomicInteger();
        SortedMap<String, String> problems = CaseLoop.run(all, p, listener, i -> {
            if (prepare(pairs.get(i), reader, directory, options)) {
                reused.incrementAndGet();
            }
        });
        List<String> ids =
                all.stream().filter(id -> !problems.containsKey(id)).sorted().toList();
        if (ids.isEmpty()) {
            String first = problems.isEmpty() ? "" : problems.firstKey();
            throw new IOException("none of the " + pairs.size() + " cases can be used"
                    + (first.isEmpty() ? "" : "; the first problem: " + first + ": " + problems.get(first)));
        }
        PreparedDataset dataset = new PreparedDataset(CaseFiles.in(directory), options, ids);
        dataset.write(directory);
        return new Report(dataset, problems, reused.get());
    }

    /** @return whether the case was there already */
    private static boolean prepare(CasePair pair, CaseReader reader, Path directory, PreparationOptions options)
            throws IOException {
        String fingerprint = fingerprint(pair, options);
        Path file = directory.resolve(PreparedDataset.caseFile(pair.id()));
        // The case is written last, so that its samples are there as well.
        if (Files.exists(file)
                && fingerprint.equals(Safetensors.read(file).metadata().get("fingerprint"))) {
            return true;
        }
        if (options.painted()) {
            map(pair, reader, options).write(file, fingerprint);
            return false;
        }
        PreparedCase prepared = check(pair, reader, options);
        Parallelism single = Parallelism.SINGLE;
        int classes = options.labels().size();
        PreparedDataset.writeSample(
                directory,
                CascadeStage.COARSE,
                SampleRegions.resample(prepared, Box.of(prepared.shape()), options.coarseSize(), classes, single));
        Box region = SampleRegions.around(prepared, SampleRegions.organs(prepared), options.marginMm());
        PreparedDataset.writeSample(
                directory,
                CascadeStage.FINE,
                SampleRegions.resample(prepared, region, options.fineSize(), classes, single));
        prepared.write(file, fingerprint);
        return false;
    }

    private static String fingerprint(CasePair pair, PreparationOptions options) throws IOException {
        String image =
                options.painted() ? "" : Files.size(pair.image()) + " " + Files.getLastModifiedTime(pair.image()) + " ";
        return image + Files.size(pair.labels()) + " " + Files.getLastModifiedTime(pair.labels()) + " " + options;
    }

    private static PreparedCase check(CasePair pair, CaseReader reader, PreparationOptions options) throws IOException {
        Volume image = reader.image(pair.image());
        LabelMap labels = reader.labels(pair.labels());
        if (!image.shape().equals(labels.shape())) {
            throw new IOException("the image has " + image.shape() + " voxels, the labels " + labels.shape());
        }
        if (!image.geometry().isCloseTo(labels.geometry(), GEOMETRY_TOLERANCE)) {
            throw new IOException(
                    "image and labels lie in different places: " + image.geometry() + " and " + labels.geometry());
        }
        byte[] turned = turned(labels, options);
        return new PreparedCase(
                pair.id(),
                image.oriented(options.orientation()).shape(),
                image.geometry().reorient(image.shape(), options.orientation()),
                hu(image, image.oriented(options.orientation())),
                turned);
    }

    /** A case of a label map alone. */
    private static PreparedCase map(CasePair pair, CaseReader reader, PreparationOptions options) throws IOException {
        LabelMap labels = reader.labels(pair.labels());
        byte[] turned = turned(labels, options);
        return new PreparedCase(
                pair.id(),
                labels.oriented(options.orientation()).shape(),
                labels.geometry().reorient(labels.shape(), options.orientation()),
                new short[turned.length],
                turned);
    }

    /** The labels in the networks' orientation, checked. */
    private static byte[] turned(LabelMap labels, PreparationOptions options) throws IOException {
        long[] counts = new long[256];
        for (byte label : labels.labels()) {
            counts[label & 0xff]++;
        }
        int classes = options.labels().size();
        long annotated = 0;
        List<Integer> unnamed = new ArrayList<>();
        for (int label = 1; label < counts.length; label++) {
            if (label <= classes) {
                annotated += counts[label];
            } else if (counts[label] > 0 && label != options.unknownLabel() && !options.painted()) {
                unnamed.add(label);
            }
        }
        if (!unnamed.isEmpty()) {
            String them = unnamed.stream().map(String::valueOf).collect(Collectors.joining(","));
            throw new IOException(
                    counts[unnamed.get(0)] + " voxels have the label " + unnamed.get(0) + ", but there are " + classes
                            + " labels: " + String.join(", ", options.labels())
                            + "; name all that there are, or make background of others (labels --remove " + them + ")");
        }
        if (annotated == 0) {
            throw new IOException("no voxel has a label");
        }
        byte[] turned = new byte[labels.labels().length];
        Layout layout = labels.oriented(options.orientation());
        Shape shape = layout.shape();
        int at = 0;
        for (int z = 0; z < shape.z(); z++) {
            for (int y = 0; y < shape.y(); y++) {
                for (int x = 0; x < shape.x(); x++) {
                    int label = labels.labels()[layout.index(z, y, x)] & 0xff;
                    turned[at++] = (byte) (label != 0 && label == options.unknownLabel() ? Batch.UNKNOWN : label);
                }
            }
        }
        return turned;
    }

    private static short[] hu(Volume image, Layout layout) throws IOException {
        Shape shape = layout.shape();
        short[] hu = new short[shape.arrayLength()];
        float[] row = new float[shape.x()];
        int at = 0;
        for (int z = 0; z < shape.z(); z++) {
            for (int y = 0; y < shape.y(); y++) {
                image.voxels().copyTo(layout.index(z, y, 0), layout.strideX(), row, 0, row.length);
                for (float stored : row) {
                    float value = (float) (image.slope() * stored + image.intercept());
                    if (!Float.isFinite(value)) {
                        throw new IOException("a voxel is infinite or not a number");
                    }
                    hu[at++] = (short) Math.max(Short.MIN_VALUE, Math.min(Short.MAX_VALUE, Math.round(value)));
                }
            }
        }
        Optional<String> doubt = Intensities.of(image).doubt();
        if (doubt.isPresent()) {
            throw new IOException("the values are not HU: " + doubt.get());
        }
        return hu;
    }
}
