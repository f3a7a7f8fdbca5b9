// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.run;

import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Function;
import org.efficientsegnet.nn.train.GradientEngine;
import org.efficientsegnet.nn.train.GradientEngines;
import org.efficientsegnet.nn.train.GradientRequest;
import org.efficientsegnet.nn.train.augment.Augmenter;
import org.efficientsegnet.nn.train.data.CaseFiles;
import org.efficientsegnet.nn.train.data.Folds;
import org.efficientsegnet.nn.train.data.LabelMapping;
import org.efficientsegnet.nn.train.data.PreparedDataset.CascadeStage;
import org.efficientsegnet.nn.train.data.SampleSource;
import org.efficientsegnet.nn.train.data.Seeds;
import org.efficientsegnet.nn.train.loss.LossTerm;

/**
 * Everything that the parts of a training's steps follow from, but the weights. Portable: written with
 * {@link PortableForm}, another process that can read the cases computes the same parts. Immutable.
 *
 * @param stage which of the two networks is trained
 * @param course of the training
 * @param labels the network's, the first is label 1
 * @param sets the cases
 * @param windowLow HU below are raised to it
 * @param windowHigh HU above are lowered to it
 * @param epsilon added to the standard deviation
 */
public record TrainingTask(
        CascadeStage stage,
        TrainingCourse course,
        List<String> labels,
        List<CaseSet> sets,
        float windowLow,
        float windowHigh,
        double epsilon) {

    private static final long SETS = 0x73657473;

    /** @throws IllegalArgumentException if there is no case, or the network has not as many classes as labels */
    public TrainingTask {
        Objects.requireNonNull(stage, "stage");
        labels = List.copyOf(labels);
        sets = List.copyOf(sets);
        if (sets.isEmpty()) {
            throw new IllegalArgumentException("there is nothing to train on");
        }
        int classes = course.options().spec().classes();
        if (classes != labels.size()) {
            throw new IllegalArgumentException(
                    "the network has " + classes + " classes for " + labels.size() + " labels");
        }
    }

    /** The same with the cases elsewhere, one set each. */
    public TrainingTask withSets(List<CaseSet> others) {
        return new TrainingTask(stage, course, labels, others, windowLow, windowHigh, epsilon);
    }

    /** What is differentiated in each part; of the last size. */
    public GradientRequest request() {
        TrainingOptions options = course.options();
        GradientRequest request = new GradientRequest(
                options.spec(),
                course.size(),
                options.batch(),
                LossTerm.parse(options.loss()),
                options.dropout(),
                options.precision(),
                sets.stream().anyMatch(this::isPartial));
        return request.withRecompute(options.recompute());
    }

    private boolean isPartial(CaseSet set) {
        return set.options().unknownLabel() != 0
                || new LabelMapping(set.options().labels(), labels).isPartial();
    }

    /** Makes the samples, of cases on this machine. */
    public SampleSource source() {
        return source(directory -> CaseFiles.in(Path.of(directory)));
    }

    /**
     * Makes the samples. Where there are several sets, a sample's number decides from which it comes.
     *
     * @param files gives access to the directory of a set, once each
     */
    public SampleSource source(Function<String, CaseFiles> files) {
        List<SampleSource> sources = sets.stream()
                .map(set -> source(set, files.apply(set.directory())))
                .toList();
        if (sources.size() == 1) {
            return sources.get(0);
        }
        double whole = sets.stream().mapToDouble(CaseSet::weight).sum();
        return (number, size) -> {
            long seed = Seeds.mix(course.options().seed() ^ SETS, number);
            double drawn = new SplittableRandom(seed).nextDouble() * whole;
            int chosen = 0;
            while (chosen < sources.size() - 1 && drawn >= sets.get(chosen).weight()) {
                drawn -= sets.get(chosen).weight();
                chosen++;
            }
            return sources.get(chosen).sample(number, size);
        };
    }

    private SampleSource source(CaseSet set, CaseFiles files) {
        TrainingOptions how = course.options();
        Augmenter augmenter = new Augmenter(
                set.dataset(files), labels, stage, how.augment(), set.organs(), windowLow, windowHigh, epsilon);
        int perEpoch = course.samplesPerEpoch();
        return (number, size) -> {
            List<String> epoch = epoch(set, how.seed(), (int) (number / perEpoch));
            String id = epoch.get((int) (number % perEpoch) % epoch.size());
            return augmenter.make(id, size, Seeds.mix(how.seed(), number));
        };
    }

    /** The cases of an epoch in the order in which they are drawn. */
    static List<String> epoch(CaseSet set, long seed, int epoch) {
        return Folds.epoch(set.training(), Set.copyOf(set.hard()), set.hardTimes(), seed, epoch);
    }

    /**
     * Makes parts in this process, on the engine that the options name.
     *
     * @return the parts, which the caller closes
     * @throws org.efficientsegnet.SegmentationException if no engine can train the network, with the reasons
     */
    public LocalParts open() {
        GradientRequest request = request();
        GradientEngine engine = GradientEngines.choose(course.options().engine(), request);
        return LocalParts.on(course, source(), request, engine);
    }
}
