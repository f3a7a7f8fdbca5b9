// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.run;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.efficientsegnet.files.AtomicOutput;
import org.efficientsegnet.nn.network.WeightedNetwork;
import org.efficientsegnet.nn.train.data.PreparedDataset;
import org.efficientsegnet.spi.PipelineSpec;
import org.efficientsegnet.volume.Box;

/** Where a coarse network finds the organs of cases; kept in a file, so that a run that is taken up sees the same. */
final class OrganBoxes {

    private static final ObjectMapper JSON = new ObjectMapper();

    private OrganBoxes() {}

    /**
     * The boxes of cases, read from the file or found and written there.
     *
     * @return box by case; a case in which the network finds nothing has none
     */
    static Map<String, Box> of(
            PreparedDataset dataset, List<String> ids, WeightedNetwork coarse, PipelineSpec pipeline, Path file)
            throws IOException {
        if (Files.exists(file)) {
            return read(file);
        }
        Map<String, int[]> found = new TreeMap<>();
        try (CoarseFinder finder = new CoarseFinder(coarse, pipeline)) {
            for (String id : ids) {
                finder.organs(dataset.load(id))
                        .ifPresent(b -> found.put(id, new int[] {b.z0(), b.y0(), b.x0(), b.z1(), b.y1(), b.x1()}));
            }
        }
        AtomicOutput.write(file, out -> out.write(JSON.writeValueAsBytes(found)));
        return read(file);
    }

    private static Map<String, Box> read(Path file) throws IOException {
        Map<String, Box> boxes = new TreeMap<>();
        try {
            JSON.readValue(file.toFile(), new TypeReference<Map<String, int[]>>() {})
                    .forEach((id, b) -> {
                        if (b.length != 6) {
                            throw new IllegalArgumentException(id + " has " + b.length + " numbers, a box has 6");
                        }
                        boxes.put(id, new Box(b[0], b[1], b[2], b[3], b[4], b[5]));
                    });
        } catch (IllegalArgumentException | JacksonException e) {
            throw new IOException(file + " is damaged (" + e.getMessage() + "); delete it, and it is made again", e);
        }
        return boxes;
    }
}
