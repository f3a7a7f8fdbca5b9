// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.analyze;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import org.efficientsegnet.nn.train.data.CaseLoop;
import org.efficientsegnet.nn.train.data.Preparation;
import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.volume.Axis;

/**
 * What a data set looks like: distributions over its cases. Immutable.
 *
 * @param labels the organs' names, in the order of labels
 * @param cases the cases
 */
public record DatasetAnalysis(List<String> labels, List<CaseAnalysis> cases) {

    /** Copies the lists. */
    public DatasetAnalysis {
        labels = List.copyOf(labels);
        cases = List.copyOf(cases);
    }

    /** Measures a case; called from several threads at once. */
    @FunctionalInterface
    public interface Source {
        /** @throws IOException if the case cannot be read */
        CaseAnalysis analyse(String id) throws IOException;
    }

    /**
     * What was measured.
     *
     * @param analysis of the cases that can be read
     * @param problems what is left out and why, by case
     */
    public record Report(DatasetAnalysis analysis, Map<String, String> problems) {}

    /**
     * Measures a data set.
     *
     * @param labels the organs' names
     * @param ids the cases, in the order in which they shall be listed
     * @param source measures them
     * @param p the threads; each works on a case of its own
     * @param listener is told of every case
     * @throws IOException if no case can be read
     */
    public static Report run(
            List<String> labels, List<String> ids, Source source, Parallelism p, Preparation.Listener listener)
            throws IOException {
        CaseAnalysis[] found = new CaseAnalysis[ids.size()];
        Map<String, String> problems = CaseLoop.run(ids, p, listener, i -> found[i] = source.analyse(ids.get(i)));
        List<CaseAnalysis> cases = Arrays.stream(found).filter(Objects::nonNull).toList();
        if (cases.isEmpty()) {
            throw new IOException("none of the " + ids.size() + " cases can be read: " + problems);
        }
        return new Report(new DatasetAnalysis(labels, cases), problems);
    }

    /** Voxels along an axis. */
    public Distribution size(Axis axis) {
        return over(c -> c.shape().along(axis));
    }

    /** Distance of voxels along an axis, mm. */
    public Distribution spacing(Axis axis) {
        return over(c -> c.geometry().spacing(axis));
    }

    /** Size times spacing, mm. */
    public Distribution extent(Axis axis) {
        return over(c -> c.extent(axis));
    }

    private Distribution over(ToDoubleFunction<CaseAnalysis> number) {
        return Distribution.of(cases.stream().mapToDouble(number).toArray());
    }

    /** How many cases have each orientation. */
    public Map<String, Integer> orientations() {
        Map<String, Integer> counts = new TreeMap<>();
        cases.forEach(c -> counts.merge(c.geometry().orientation().toString(), 1, Integer::sum));
        return counts;
    }

    /** The cases that lack an organ. */
    public List<String> missing(String organ) {
        return cases.stream()
                .filter(c -> c.organ(organ).isEmpty())
                .map(CaseAnalysis::id)
                .toList();
    }

    /** A number over the cases that have an organ. */
    public Distribution of(String organ, ToDoubleFunction<CaseAnalysis.Organ> number) {
        return Distribution.of(cases.stream()
                .flatMap(c -> c.organ(organ).stream())
                .mapToDouble(number)
                .toArray());
    }

    /**
     * Where an organ's centroid lies as seen from another's, mm, over the cases that have both.
     *
     * @param organ the organ
     * @param from the other
     * @param axis towards Right, Anterior, Superior are 0, 1, 2
     */
    public Distribution shift(String organ, String from, int axis) {
        return over(c -> c.organ(organ).isEmpty() || c.organ(from).isEmpty()
                ? Double.NaN
                : c.organ(organ).get().centroid().get(axis)
                        - c.organ(from).get().centroid().get(axis));
    }
}
