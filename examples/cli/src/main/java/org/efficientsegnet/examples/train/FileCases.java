// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.train;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.efficientsegnet.io.LabelMaps;
import org.efficientsegnet.io.Volumes;
import org.efficientsegnet.nn.train.data.CaseReader;
import org.efficientsegnet.nn.train.data.Dataset;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.Volume;

/** Cases in files of any format that the library reads. */
final class FileCases implements CaseReader {

    /**
     * The pairs of a folder as FLARE21 has it, or of a CSV file.
     *
     * @throws IOException if there are none
     */
    static Dataset dataset(Path data) throws IOException {
        return Files.isDirectory(data) ? Dataset.flare(data) : Dataset.csv(data);
    }

    @Override
    public Volume image(Path file) throws IOException {
        return Volumes.read(file);
    }

    @Override
    public LabelMap labels(Path file) throws IOException {
        return LabelMaps.read(file);
    }
}
