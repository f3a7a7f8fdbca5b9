// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.toy;

import java.util.List;
import org.efficientsegnet.spi.ModelBundle;
import org.efficientsegnet.spi.ModelIdentity;
import org.efficientsegnet.spi.NetworkModel;
import org.efficientsegnet.spi.PipelineSpec;
import org.efficientsegnet.volume.Orientation;
import org.efficientsegnet.volume.Shape;

/** A model for {@link ToyEngine}: bright voxels are "liver", dark ones "spleen". */
public final class ToyBundle implements ModelBundle {

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
        return new ToyEngine.ToyModel("coarse toy", Shape.cube(8));
    }

    @Override
    public NetworkModel fine() {
        return new ToyEngine.ToyModel("fine toy", Shape.cube(12));
    }
}
