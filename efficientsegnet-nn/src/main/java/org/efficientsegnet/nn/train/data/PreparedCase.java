// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.data;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.efficientsegnet.nn.weights.DType;
import org.efficientsegnet.nn.weights.Safetensors;
import org.efficientsegnet.volume.Geometry;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Volume;

/**
 * A case of the cache: the scan in 16-bit HU and its labels, in the networks' orientation. The arrays are held, not
 * copied.
 *
 * @param id the case's name
 * @param shape extent
 * @param geometry where the grid lies
 * @param hu C order z, y, x
 * @param labels of the same voxels
 */
public record PreparedCase(String id, Shape shape, Geometry geometry, short[] hu, byte[] labels) {

    /** The scan. */
    public Volume volume() {
        return Volume.ofHu(shape, geometry, hu);
    }

    /** The labels with their names. */
    public LabelMap labelMap(List<String> names) {
        SortedMap<Integer, String> byLabel = new TreeMap<>();
        for (int i = 0; i < names.size(); i++) {
            byLabel.put(i + 1, names.get(i));
        }
        return new LabelMap(shape, geometry, labels, byLabel);
    }

    void write(Path file, String fingerprint) throws IOException {
        int[] extents = {shape.z(), shape.y(), shape.x()};
        Safetensors.builder()
                .metadata("fingerprint", fingerprint)
                .add("affine", new int[] {12}, Arrays.copyOf(geometry.affine(), 12))
                .add("hu", extents, hu)
                .add("labels", DType.U8, extents, labels)
                .build()
                .write(file);
    }

    /** @throws IllegalArgumentException if the content is not that of a case */
    static PreparedCase of(String id, Safetensors content) {
        return new PreparedCase(
                id,
                PreparedDataset.shape(content),
                Geometry.ofAffine(content.doubles("affine")),
                content.shorts("hu"),
                content.bytes("labels"));
    }
}
