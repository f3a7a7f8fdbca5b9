// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.cases;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.efficientsegnet.Segmentation;
import org.efficientsegnet.SegmentationWarning;
import org.efficientsegnet.io.format.Scan;
import org.efficientsegnet.metrics.OrganStatistics;

/**
 * What is known of a finished case, for tables of many.
 *
 * @param organs in label order, those that were not found among them
 * @param warnings what the user should know of the result
 * @param remarks what the reader had to assume or to repair in the scan
 * @param timings seconds of each stage, in order
 * @param versions what made the result, by name: model, engine, precision, processor
 */
public record CaseFindings(
        List<Organ> organs,
        List<String> warnings,
        List<String> remarks,
        Map<String, Double> timings,
        Map<String, String> versions) {

    /** Nothing is known: there is no result. */
    public static final CaseFindings NONE = new CaseFindings(List.of(), List.of(), List.of(), Map.of(), Map.of());

    /**
     * One organ.
     *
     * @param name as the model calls it
     * @param voxels how many voxels it has
     * @param ml its volume in ml
     * @param meanHu the mean of its voxels in HU; null if it has none
     * @param sdHu the standard deviation of its voxels in HU; null if it has fewer than two
     */
    public record Organ(String name, long voxels, double ml, Double meanHu, Double sdHu) {

        static Organ of(OrganStatistics organ) {
            return new Organ(
                    organ.name(), organ.voxels(), organ.volumeMl(), known(organ.meanHu()), known(organ.sdHu()));
        }

        private static Double known(double value) {
            return Double.isNaN(value) ? null : value;
        }
    }

    /** Copies the collections. */
    public CaseFindings {
        organs = List.copyOf(organs);
        warnings = List.copyOf(warnings);
        remarks = List.copyOf(remarks);
        timings = Collections.unmodifiableMap(new LinkedHashMap<>(timings));
        versions = Collections.unmodifiableMap(new LinkedHashMap<>(versions));
    }

    /** What a run found in a scan. */
    public static CaseFindings of(Scan scan, Segmentation result) {
        Map<String, Double> timings = new LinkedHashMap<>();
        result.timings().forEach((stage, time) -> timings.put(stage.label(), time.toNanos() / 1e9));
        Map<String, String> versions = new LinkedHashMap<>();
        String library = CaseFindings.class.getPackage().getImplementationVersion();
        versions.put("efficientsegnet", library == null ? "development" : library);
        versions.put("model", result.model().name() + " " + result.model().version());
        versions.put("engine", result.engine());
        versions.put("precision", result.precision().name().toLowerCase(Locale.ROOT));
        return new CaseFindings(
                result.organs().stream().map(Organ::of).toList(),
                result.warnings().stream().map(SegmentationWarning::message).toList(),
                scan.warnings(),
                timings,
                versions);
    }

    /** These findings with one more timing, in seconds. */
    public CaseFindings withTiming(String stage, double seconds) {
        Map<String, Double> more = new LinkedHashMap<>(timings);
        more.put(stage, seconds);
        return new CaseFindings(organs, warnings, remarks, more, versions);
    }

    /** These findings with one more version. */
    public CaseFindings withVersion(String name, String version) {
        Map<String, String> more = new LinkedHashMap<>(versions);
        more.put(name, version);
        return new CaseFindings(organs, warnings, remarks, timings, more);
    }

    /** These findings with warnings and remarks said in other words: with other names for files, for instance. */
    public CaseFindings withTexts(UnaryOperator<String> words) {
        return new CaseFindings(
                organs,
                warnings.stream().map(words).toList(),
                remarks.stream().map(words).toList(),
                timings,
                versions);
    }

    /** The volume of every organ in ml, in label order. */
    public Map<String, Double> volumesMl() {
        Map<String, Double> volumes = new LinkedHashMap<>();
        organs.forEach(organ -> volumes.put(organ.name(), organ.ml()));
        return volumes;
    }

    /** Remarks and warnings, what concerns the scan first. */
    public List<String> doubts() {
        return Stream.concat(remarks.stream(), warnings.stream()).toList();
    }
}
