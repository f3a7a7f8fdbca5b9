// SPDX-License-Identifier: Apache-2.0
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
 * @param best highest mean DSC of any validation at the present size so far; below zero before the first
 * @param sinceBest validations since then
 * @param finished whether the run has come to its end
 * @param skipped how many steps were left out, since their gradient was not finite
 * @param skippedInARow how many of them there were since the last good one
 * @param settled whether what was taken over from another network stays as it is, and only new channels learn
 * @param adam weights and moments
 */
record RunState(
        String fingerprint,
        int iteration,
        LossScale scale,
        double best,
        int sinceBest,
        boolean finished,
        int skipped,
        int skippedInARow,
        boolean settled,
        Adam adam) {

    /** A run before its first step. */
    static RunState initial(String fingerprint, TrainingOptions options, float[] weights) {
        Adam adam = new Adam(options.optimizer(), weights);
        return new RunState(fingerprint, 0, options.lossScale(), -1, 0, false, 0, 0, false, adam);
    }

    /** After a step that was made. */
    RunState afterStep() {
        return new RunState(
                fingerprint, iteration + 1, scale.afterSuccess(), best, sinceBest, false, skipped, 0, settled, adam);
    }

    /** After a step that was left out. */
    RunState afterSkip() {
        return new RunState(
                fingerprint,
                iteration + 1,
                scale.afterOverflow(),
                best,
                sinceBest,
                false,
                skipped + 1,
                skippedInARow + 1,
                settled,
                adam);
    }

    /** After a validation. */
    RunState validated(double mean) {
        boolean better = mean > best;
        return new RunState(
                fingerprint,
                iteration,
                scale,
                better ? mean : best,
                better ? 0 : sinceBest + 1,
                finished,
                skipped,
                skippedInARow,
                settled,
                adam);
    }

    /** With inputs of another size: no validation counts yet. */
    RunState inNextStage() {
        return new RunState(fingerprint, iteration, scale, -1, 0, finished, skipped, skippedInARow, settled, adam);
    }

    /** The same, at its end or not. */
    RunState withFinished(boolean end) {
        return new RunState(fingerprint, iteration, scale, best, sinceBest, end, skipped, skippedInARow, settled, adam);
    }

    /** The same, settled or not. */
    RunState withSettled(boolean now) {
        return new RunState(
                fingerprint, iteration, scale, best, sinceBest, finished, skipped, skippedInARow, now, adam);
    }

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
                .metadata("skipped", Integer.toString(skipped))
                .metadata("skipped_in_a_row", Integer.toString(skippedInARow))
                .metadata("settled", Boolean.toString(settled))
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
        if (!fingerprint.equals(comparable(metadata.get("fingerprint")))) {
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
                    // Earlier versions stopped at the first step that they could not make.
                    Integer.parseInt(metadata.getOrDefault("skipped", "0")),
                    Integer.parseInt(metadata.getOrDefault("skipped_in_a_row", "0")),
                    // They did not settle anything.
                    Boolean.parseBoolean(metadata.getOrDefault("settled", "false")),
                    adam);
        } catch (IllegalArgumentException e) {
            throw new IOException(file + " is damaged: " + e.getMessage(), e);
        }
    }

    /** A fingerprint without what may change when a run goes on; earlier versions wrote that too. */
    private static String comparable(String written) {
        return written == null
                ? ""
                : written.replaceAll(
                        ", (epochs|validateEvery|patience|checkpointEvery|loaderThreads)=\\d+(?=[,\\]])", "");
    }
}
