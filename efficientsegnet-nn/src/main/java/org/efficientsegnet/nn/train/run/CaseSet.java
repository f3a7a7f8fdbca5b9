// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.run;

import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;
import org.efficientsegnet.nn.train.data.CaseFiles;
import org.efficientsegnet.nn.train.data.PreparationOptions;
import org.efficientsegnet.nn.train.data.PreparedDataset;
import org.efficientsegnet.volume.Box;

/**
 * Cases that are trained on: some of a directory that was prepared. Portable; see {@link PortableForm}.
 *
 * @param directory that was prepared; see {@link CaseFiles#place}
 * @param options how it was prepared
 * @param training the cases that are trained on
 * @param hard those of them that are drawn more often, such as pathological ones
 * @param hardTimes how often, compared with others
 * @param weight how often the set is drawn, compared with other sets
 * @param organs where the organs lie in cases whose labels do not tell, since some were not annotated
 */
public record CaseSet(
        String directory,
        PreparationOptions options,
        List<String> training,
        List<String> hard,
        int hardTimes,
        double weight,
        Map<String, Box> organs) {

    /** @throws IllegalArgumentException if there is no case, or a number makes no sense */
    public CaseSet {
        Objects.requireNonNull(directory, "directory");
        Objects.requireNonNull(options, "options");
        training = List.copyOf(training);
        hard = List.copyOf(new TreeSet<>(hard));
        organs = Collections.unmodifiableMap(new TreeMap<>(organs));
        if (training.isEmpty()) {
            throw new IllegalArgumentException(directory + ": no case is left to train on");
        }
        if (hardTimes < 1) {
            throw new IllegalArgumentException("hardTimes: " + hardTimes + " is below 1");
        }
        if (!(weight > 0 && Double.isFinite(weight))) {
            throw new IllegalArgumentException("weight: " + weight + " is not above 0");
        }
    }

    /** The same cases in a copy of the directory. */
    public CaseSet in(Path copy) {
        return new CaseSet(copy.toString(), options, training, hard, hardTimes, weight, organs);
    }

    /** The directory as a data set of these cases. */
    PreparedDataset dataset(CaseFiles files) {
        return new PreparedDataset(files, options, training);
    }
}
