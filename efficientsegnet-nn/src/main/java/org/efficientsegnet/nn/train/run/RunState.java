package org.efficientsegnet.nn.train.run;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.efficientsegnet.nn.train.optimize.Adam;
import org.efficientsegnet.nn.train.optimize.LossScale;
import org.efficientsegnet.nn.weights.DType;
import org.efficientsegnet.nn.weights.Safetensors;
import org.efficientsegnet.nn.weights.Tensor;

/**
 * Everything that a run is taken up from, in one file that appears whole or not at all. Arrays are held.
 *
 * @param fingerprint of the options that the run was begun with
 * @param iteration how many steps were tried; the number of the next sample follows from it
 * @param scale of the loss
 * @param best highest mean DSC of any validation so far; below zero before the first
 * @param sinceBest validations since then
 * @param finished whether the run has come to its end
 * @param adam weights and moments
 */
record RunState(
        String fingerprint, int iteration, LossScale scale, double best, int sinceBest, boolean finished, Adam adam) {

    void write(Path file) throws IOException {
        Safetensors.builder()
                .metadata("fingerprint", fingerprint)
                .metadata("iteration", Integer.toString(iteration))
                .metadata("scale", Double.toString(scale.factor()))
                .metadata("good_steps", Integer.toString(scale.goodSteps()))
                .metadata("growth_interval", Integer.toString(scale.growthInterval()))
                .metadata("best", Double.toString(best))
                .metadata("since_best", Integer.toString(sinceBest))
                .metadata("finished", Boolean.toString(finished))
                .metadata("adam_steps", Long.toString(adam.steps()))
                .add("weights", DType.F32, tensor(adam.weights()))
                .add("mean", DType.F32, tensor(adam.mean()))
                .add("mean_square", DType.F32, tensor(adam.meanSquare()))
                .add("average", DType.F32, tensor(adam.average()))
                .build()
                .write(file);
    }

    private static Tensor tensor(float[] values) {
        return new Tensor(new int[] {values.length}, values);
    }

    /** @throws IOException if the file is damaged or of a run with other options */
    static RunState read(Path file, String fingerprint, TrainingOptions options) throws IOException {
        Safetensors content = Safetensors.read(file);
        Map<String, String> metadata = content.metadata();
        if (!fingerprint.equals(metadata.get("fingerprint"))) {
            throw new IOException(file + " is of a run with other options or cases:\n  then "
                    + metadata.get("fingerprint") + "\n  now  " + fingerprint
                    + "\ngo on with the options that it was begun with, or begin another run");
        }
        try {
            Adam adam = new Adam(
                    options.optimizer(),
                    content.tensor("weights").values(),
                    content.tensor("mean").values(),
                    content.tensor("mean_square").values(),
                    content.tensor("average").values(),
                    Long.parseLong(metadata.get("adam_steps")));
            return new RunState(
                    fingerprint,
                    Integer.parseInt(metadata.get("iteration")),
                    new LossScale(
                            Double.parseDouble(metadata.get("scale")),
                            Integer.parseInt(metadata.get("good_steps")),
                            Integer.parseInt(metadata.get("growth_interval"))),
                    Double.parseDouble(metadata.get("best")),
                    Integer.parseInt(metadata.get("since_best")),
                    Boolean.parseBoolean(metadata.get("finished")),
                    adam);
        } catch (IllegalArgumentException e) {
            throw new IOException(file + " is damaged: " + e.getMessage(), e);
        }
    }
}
