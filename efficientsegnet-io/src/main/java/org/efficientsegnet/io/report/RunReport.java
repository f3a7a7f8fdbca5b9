// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.report;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import org.efficientsegnet.Segmentation;
import org.efficientsegnet.anatomy.KidneySides;
import org.efficientsegnet.anatomy.Plausibility;
import org.efficientsegnet.files.AtomicOutput;
import org.efficientsegnet.io.format.Scan;
import org.efficientsegnet.io.text.IntendedUse;
import org.efficientsegnet.metrics.LabelStatistics;
import org.efficientsegnet.metrics.OrganStatistics;
import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.volume.Axis;
import org.efficientsegnet.volume.Box;
import org.efficientsegnet.volume.Geometry;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.Orientation;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Volume;

/**
 * The manifest of a run: which scan, which model, what was found, how long it took. Immutable.
 *
 * @param result what was found
 * @param sides the kidneys, each measured by itself, where one label holds both; else nothing
 * @param input which scan
 * @param shape the scan's extent
 * @param geometry where the scan lies
 * @param voxelType how the scan's voxels are stored
 * @param slope to HU
 * @param intercept to HU
 * @param remarks what the reader of the scan noticed
 * @param context when, with what software, timings around the network, memory
 */
public record RunReport(
        Segmentation result,
        List<OrganStatistics> sides,
        InputChecksums input,
        Shape shape,
        Geometry geometry,
        String voxelType,
        double slope,
        double intercept,
        List<String> remarks,
        RunContext context) {

    /** Changes whenever a field changes its meaning or goes; new fields may come without. */
    public static final String SCHEMA = "efficientsegnet-run/1";

    /** Copies the lists. */
    public RunReport {
        Objects.requireNonNull(result, "result");
        Objects.requireNonNull(input, "input");
        Objects.requireNonNull(context, "context");
        sides = List.copyOf(sides);
        remarks = List.copyOf(remarks);
    }

    /** Of a scan and what was found in it. */
    public static RunReport of(Segmentation result, Scan scan, InputChecksums input, RunContext context) {
        return new RunReport(
                result,
                sides(result.labels(), scan.volume()),
                input,
                scan.volume().shape(),
                scan.volume().geometry(),
                scan.volume().voxels().typeName(),
                scan.volume().slope(),
                scan.volume().intercept(),
                scan.warnings(),
                context);
    }

    private static List<OrganStatistics> sides(LabelMap labels, Volume scan) {
        Optional<String> both =
                labels.names().values().stream().filter(KidneySides::divides).findFirst();
        if (both.isEmpty()) {
            return List.of();
        }
        LabelMap kidneys = KidneySides.split(scan, labels.only(List.of(both.get())), Parallelism.common());
        return LabelStatistics.of(scan, kidneys, Parallelism.common());
    }

    /** The kidneys, each by itself, if this organ is both of them. */
    List<OrganStatistics> sidesOf(OrganStatistics organ) {
        return KidneySides.divides(organ.name()) ? sides : List.of();
    }

    /**
     * The manifest as JSON, indented, fields always in the same order. Boxes are half open, on the scan's own grid;
     * numbers that do not exist (the HU of an organ without voxels) are null.
     */
    public String toJson() {
        ObjectNode root = JsonNodeFactory.instance.objectNode();
        root.put("schema", SCHEMA);
        root.put("intended_use", IntendedUse.NOTICE);
        root.put("started", context.started().toString());
        ObjectNode software = root.putObject("software");
        context.software().forEach(software::put);
        addInput(root.putObject("input"));
        ObjectNode model = root.putObject("model");
        model.put("name", result.model().name());
        model.put("version", result.model().version());
        model.put("sha256", result.model().sha256());
        root.put("engine", result.engine());
        root.put("precision", result.precision().name().toLowerCase(Locale.ROOT));
        addTimings(root.putObject("timings_ms"));
        ObjectNode memory = root.putObject("memory");
        memory.put("heap_peak_bytes", context.memory().heapPeakBytes());
        context.memory().residentPeakBytes().ifPresent(bytes -> memory.put("resident_peak_bytes", bytes));
        root.set("region", result.region().map(RunReport::box).orElse(null));
        ArrayNode organs = root.putArray("organs");
        result.organs().forEach(organ -> addOrgan(organs.addObject(), organ));
        ArrayNode warnings = root.putArray("warnings");
        result.warnings()
                .forEach(warning -> warnings.addObject()
                        .put("kind", warning.kind().name().toLowerCase(Locale.ROOT))
                        .put("message", warning.message()));
        return root.toPrettyString() + "\n";
    }

    /**
     * Writes the manifest as JSON; the file appears whole or not at all.
     *
     * @throws IOException if it cannot be written
     */
    public void write(Path path) throws IOException {
        byte[] json = toJson().getBytes(StandardCharsets.UTF_8);
        AtomicOutput.write(path, out -> out.write(json));
    }

    /** The letters of the patient's sides at which an organ reaches the end of the scan, sorted. */
    static List<String> touches(OrganStatistics organ, Orientation orientation) {
        return organ.touches().stream()
                .map(face -> String.valueOf(face.direction(orientation)))
                .sorted()
                .toList();
    }

    private void addInput(ObjectNode node) {
        node.put("path", input.path());
        node.put("format", input.format());
        node.put("sha256", input.sha256());
        ArrayNode files = node.putArray("files");
        input.files()
                .forEach(file -> files.addObject()
                        .put("name", file.name())
                        .put("bytes", file.bytes())
                        .put("sha256", file.sha256()));
        node.putObject("shape").put("z", shape.z()).put("y", shape.y()).put("x", shape.x());
        node.putObject("spacing_mm")
                .put("z", geometry.spacing(Axis.Z))
                .put("y", geometry.spacing(Axis.Y))
                .put("x", geometry.spacing(Axis.X));
        node.put("orientation", geometry.orientation().toString());
        ArrayNode affine = node.putArray("affine_ras_mm");
        for (double a : geometry.affine()) {
            affine.add(a);
        }
        node.put("voxel_type", voxelType);
        node.put("slope", slope);
        node.put("intercept", intercept);
        ArrayNode notes = node.putArray("remarks");
        remarks.forEach(notes::add);
    }

    private void addTimings(ObjectNode node) {
        context.timings().forEach((name, time) -> node.put(name, milliseconds(time)));
        ObjectNode stages = node.putObject("stages");
        result.timings().forEach((stage, time) -> stages.put(stage.label(), milliseconds(time)));
        node.put("segmentation", milliseconds(result.duration()));
    }

    private void addOrgan(ObjectNode node, OrganStatistics organ) {
        node.put("label", organ.label());
        node.put("name", organ.name());
        addMeasures(node, organ);
        Plausibility plausibility = Plausibility.of(organ, result.labels());
        node.put("plausibility", Math.round(plausibility.score() * 100) / 100.0);
        ArrayNode doubts = node.putArray("doubts");
        plausibility.reasons().forEach(doubts::add);
        if (!sidesOf(organ).isEmpty()) {
            ArrayNode each = node.putArray("sides");
            sidesOf(organ).forEach(side -> addMeasures(each.addObject().put("name", side.name()), side));
        }
    }

    private void addMeasures(ObjectNode node, OrganStatistics organ) {
        node.put("voxels", organ.voxels());
        node.put("volume_ml", organ.volumeMl());
        put(node, "mean_hu", organ.meanHu());
        put(node, "sd_hu", organ.sdHu());
        node.set("box", organ.box().map(RunReport::box).orElse(null));
        ArrayNode touches = node.putArray("touches");
        touches(organ, geometry.orientation()).forEach(touches::add);
    }

    private static void put(ObjectNode node, String name, double value) {
        if (Double.isFinite(value)) {
            node.put(name, value);
        } else {
            node.putNull(name);
        }
    }

    private static ObjectNode box(Box box) {
        ObjectNode node = JsonNodeFactory.instance.objectNode();
        node.putArray("z").add(box.z0()).add(box.z1());
        node.putArray("y").add(box.y0()).add(box.y1());
        node.putArray("x").add(box.x0()).add(box.x1());
        return node;
    }

    private static double milliseconds(Duration time) {
        return Math.round(time.toNanos() / 1e3) / 1e3;
    }
}
