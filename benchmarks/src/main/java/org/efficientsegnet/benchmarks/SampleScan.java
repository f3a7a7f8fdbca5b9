// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.benchmarks;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.efficientsegnet.io.LabelMaps;
import org.efficientsegnet.io.Volumes;
import org.efficientsegnet.nn.train.augment.AugmentOptions;
import org.efficientsegnet.nn.train.augment.Augmenter;
import org.efficientsegnet.nn.train.data.CasePair;
import org.efficientsegnet.nn.train.data.CaseReader;
import org.efficientsegnet.nn.train.data.Preparation;
import org.efficientsegnet.nn.train.data.PreparationOptions;
import org.efficientsegnet.nn.train.data.PreparedDataset;
import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.Orientation;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Volume;

/** The scan with labels that the repository holds, as samples to train on. */
final class SampleScan {

    static final String ID = "example";

    private static final Path IMAGE = Path.of("examples/data/example_ct.nii.gz");
    private static final Path LABELS = Path.of("examples/data/flare_example_v1.nii.gz");
    private static final double MARGIN_MM = 20;

    private SampleScan() {}

    /**
     * Makes samples of the region of the organs; the working directory is that of the repository.
     *
     * @param directory receives the prepared scan
     * @param size of the samples
     * @param varied how they are varied
     */
    static Augmenter samples(Path directory, Shape size, AugmentOptions varied) throws IOException {
        CaseReader reader = new CaseReader() {
            @Override
            public Volume image(Path file) throws IOException {
                return Volumes.read(file);
            }

            @Override
            public LabelMap labels(Path file) throws IOException {
                return LabelMaps.read(file);
            }
        };
        PreparationOptions options =
                new PreparationOptions(PreparationOptions.FLARE21, size, size, MARGIN_MM, Orientation.RAS);
        PreparedDataset dataset = Preparation.run(
                        List.of(new CasePair(ID, IMAGE, LABELS)),
                        reader,
                        directory,
                        options,
                        Parallelism.common(),
                        (id, done, total, problem) -> {})
                .dataset();
        return new Augmenter(
                dataset,
                PreparationOptions.FLARE21,
                PreparedDataset.CascadeStage.FINE,
                varied,
                Map.of(),
                -325,
                325,
                1e-5);
    }
}
