// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.spark.toy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.efficientsegnet.nn.bundle.ModelBundles;
import org.efficientsegnet.spi.ModelBundle;
import org.efficientsegnet.spi.ModelBundleSource;
import org.efficientsegnet.spi.ModelIdentity;
import org.efficientsegnet.spi.NetworkModel;
import org.efficientsegnet.spi.PipelineSpec;
import org.efficientsegnet.volume.Orientation;
import org.efficientsegnet.volume.Shape;

/** Files ending in {@code .toy} are models for {@link ToyEngine}; all others are bundles. */
public final class ToyModels implements ModelBundleSource {

    private static final String ENDING = ".toy";

    /** What a file says whose networks cannot be loaded. */
    public static final String UNLOADABLE = "unloadable";

    /** Writes a model file. */
    public static Path write(Path folder, String content) throws IOException {
        return Files.writeString(folder.resolve(content + ENDING), content);
    }

    @Override
    public ModelBundle read(Path bundle) throws IOException {
        return bundle.toString().endsWith(ENDING) ? new Toy(Files.readString(bundle)) : new ModelBundles().read(bundle);
    }

    @Override
    public ModelBundle pretrained() throws IOException {
        return new ModelBundles().pretrained();
    }

    /**
     * A toy: bright voxels are "liver", dark ones "spleen".
     *
     * @param content of the file
     */
    public record Toy(String content) implements ModelBundle {
        @Override
        public ModelIdentity identity() {
            return new ModelIdentity("toy", "1", "0123456789abcdef".repeat(4));
        }

        @Override
        public PipelineSpec pipeline() {
            return new PipelineSpec(
                    List.of("liver", "spleen"), Orientation.of("RAS"), -325, 325, 1e-5, 0.5, 10, List.of(1, 1), 0, 0);
        }

        @Override
        public NetworkModel coarse() {
            return new ToyNetworkModel(content, Shape.cube(8));
        }

        @Override
        public NetworkModel fine() {
            return new ToyNetworkModel(content, Shape.cube(12));
        }
    }

    /**
     * One of its networks.
     *
     * @param name what its file says
     * @param inputSize the extent of the input
     */
    public record ToyNetworkModel(String name, Shape inputSize) implements NetworkModel {
        @Override
        public int classes() {
            return 2;
        }
    }
}
