// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.run;

import java.util.Optional;
import java.util.function.ObjIntConsumer;
import org.efficientsegnet.CancellationToken;
import org.efficientsegnet.nn.network.WeightedNetwork;
import org.efficientsegnet.nn.train.data.PreparedCase;
import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.pipeline.ArrayScan;
import org.efficientsegnet.pipeline.Engines;
import org.efficientsegnet.pipeline.FloatArrays;
import org.efficientsegnet.postprocess.RegionOfInterest;
import org.efficientsegnet.spi.EngineOptions;
import org.efficientsegnet.spi.Network;
import org.efficientsegnet.spi.NetworkPass;
import org.efficientsegnet.spi.PipelineSpec;
import org.efficientsegnet.spi.PlacedScan;
import org.efficientsegnet.spi.RunControl;
import org.efficientsegnet.volume.Box;
import org.efficientsegnet.volume.Layout;
import org.efficientsegnet.volume.Shape;

/**
 * The coarse network on whole scans: what the pipeline does up to its coarse mask, component filter included, on the
 * best engine of the machine. Owns the loaded network; close it.
 */
final class CoarseFinder implements AutoCloseable {

    private static final int CLASSES_A_BYTE = 8;

    private final PipelineSpec pipeline;
    private final Network network;
    private final FloatArrays arrays = new FloatArrays(true);

    CoarseFinder(WeightedNetwork model, PipelineSpec pipeline) {
        this.pipeline = pipeline;
        network = Engines.load(model, EngineOptions.defaults());
    }

    /** The labels that the network alone finds, on the case's grid. */
    byte[] labels(PreparedCase prepared) {
        return pass(prepared, prepared.shape(), (pass, first) -> pass.paint(first + 1));
    }

    /** The box of all organs that the network finds, on the case's grid, without a margin; empty if it finds none. */
    Optional<Box> organs(PreparedCase prepared) {
        Shape input = network.inputSize();
        Box[] found = new Box[1];
        pass(
                prepared,
                input,
                (pass, first) -> pass.box().ifPresent(box -> found[0] = found[0] == null ? box : found[0].union(box)));
        return Optional.ofNullable(found[0])
                .map(box -> RegionOfInterest.fromCoarse(box, input, prepared.shape(), prepared.geometry(), 0));
    }

    /**
     * @param to extent of the masks
     * @param user is given each group of classes, when their masks are filtered, and the first of them
     * @return what was painted
     */
    private byte[] pass(PreparedCase prepared, Shape to, ObjIntConsumer<NetworkPass> user) {
        double minimum = pipeline.coarseMinimumMm3()
                / (prepared.geometry().voxelVolume() * prepared.shape().voxels() / to.voxels());
        try (PlacedScan scan = new ArrayScan(prepared.volume(), Parallelism.common(), arrays);
                NetworkPass pass = scan.pass(network, Layout.contiguous(prepared.shape()))) {
            pass.resample();
            pass.normalize(pipeline.windowLow(), pipeline.windowHigh(), pipeline.epsilon());
            pass.infer(RunControl.of(new CancellationToken()));
            for (int first = 0; first < network.classes(); first += CLASSES_A_BYTE) {
                int end = Math.min(first + CLASSES_A_BYTE, network.classes());
                pass.restore(first, end - first, pipeline.threshold(), to);
                pass.keepLargest(pipeline.componentsPerLabel().subList(first, end), minimum);
                user.accept(pass, first);
            }
            return scan.labels();
        }
    }

    @Override
    public void close() {
        network.close();
    }
}
