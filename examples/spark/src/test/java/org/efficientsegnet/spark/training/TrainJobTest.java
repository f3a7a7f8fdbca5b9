// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.spark.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.efficientsegnet.nn.train.run.TrainingRun;
import org.efficientsegnet.nn.weights.DType;
import org.efficientsegnet.nn.weights.Safetensors;
import org.efficientsegnet.nn.weights.Tensor;
import org.efficientsegnet.spark.TestSpark;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a job does with options and with what is wrong, on threads that stand for executors. */
class TrainJobTest {

    @TempDir
    private Path directory;

    private static TinyTraining.Ended job(String... arguments) {
        return job(TestSpark.local(2), arguments);
    }

    private static TinyTraining.Ended job(org.apache.spark.sql.SparkSession.Builder spark, String... arguments) {
        spark.config(SlowFileSystem.SETTING, SlowFileSystem.class.getName()).getOrCreate();
        return TinyTraining.job(arguments);
    }

    private String[] arguments(Path prepared, String... more) {
        return TinyTraining.arguments(SlowFileSystem.uri(prepared), SlowFileSystem.uri(directory.resolve("run")), more);
    }

    @Test
    void aMissingFolderIsNamed() {
        TinyTraining.Ended ended = job(arguments(directory.resolve("nowhere"), "--epochs", "1"));
        assertEquals(TrainJob.UNUSABLE, ended.code());
        assertEquals(
                "error: " + SlowFileSystem.uri(directory.resolve("nowhere"))
                        + " holds no dataset.json; prepare the data set first",
                ended.err().strip());
        ended = job(TinyTraining.arguments("fast://archive/prepared", "run", "--epochs", "1"));
        assertEquals(TrainJob.UNUSABLE, ended.code());
        assertTrue(ended.err().startsWith("error: fast://archive/prepared cannot be reached: "), ended.err());
    }

    @Test
    void wrongOptionsEndBeforeSparkStarts() {
        TinyTraining.Ended ended = TinyTraining.job("prepared");
        assertEquals(TrainJob.USAGE, ended.code());
        assertTrue(ended.err().contains("--output"), ended.err());
        ended = TinyTraining.job("prepared", "-o", "run", "--gradient-bits", "8");
        assertEquals(TrainJob.USAGE, ended.code());
        assertTrue(ended.err().contains("32 or 16 bits, not in 8"), ended.err());
    }

    @Test
    void aDamagedCaseIsNamedWhereItIs() throws IOException {
        Path prepared = TinyTraining.prepare(directory.resolve("prepared"));
        Path damaged = prepared.resolve("coarse/case1.safetensors");
        Files.write(damaged, Arrays.copyOf(Files.readAllBytes(damaged), 1000));
        TinyTraining.Ended ended = job(arguments(prepared, "--epochs", "1"));
        assertEquals(TrainJob.UNUSABLE, ended.code());
        assertTrue(ended.err().startsWith("error: " + SlowFileSystem.uri(damaged)), ended.err());
        assertTrue(ended.err().contains("prepare the data set again"), ended.err());
        assertFalse(ended.err().contains("\tat "), ended.err());
    }

    /** Where nothing is finite step after step the training stops, and leaves at its place what it was stopped by. */
    @Test
    void gradientsThatAreNotFiniteStopIt() throws IOException {
        Path prepared = TinyTraining.prepare(directory.resolve("prepared"));
        for (String id : TinyTraining.CASES) {
            Path file = prepared.resolve("coarse/" + id + ".safetensors");
            Safetensors content = Safetensors.read(file);
            float[] hu = content.tensor("hu").values().clone();
            hu[7] = Float.NaN;
            Safetensors.builder()
                    .add("hu", DType.F32, new Tensor(content.shape("hu"), hu))
                    .add("labels", DType.U8, content.shape("labels"), content.bytes("labels"))
                    .build()
                    .write(file);
        }
        for (String bits : new String[] {"32", "16"}) {
            Path run = directory.resolve("run" + bits);
            TinyTraining.Ended ended = job(TinyTraining.arguments(
                    SlowFileSystem.uri(prepared), SlowFileSystem.uri(run), "--epochs", "8", "--gradient-bits", bits));
            assertEquals(TrainJob.FAILED, ended.code(), ended.err());
            Path left = run.resolve("coarse/stopped-at-step-10.safetensors");
            assertTrue(ended.err().contains("not finite"), ended.err());
            assertTrue(ended.err().contains(SlowFileSystem.uri(left)), ended.err());
            assertTrue(Files.exists(left));
        }
    }

    @Test
    void gradientsMayTravelInHalfTheBits() throws IOException, InterruptedException {
        Path prepared = TinyTraining.prepare(directory.resolve("prepared"));
        Path alone = directory.resolve("alone");
        TinyTraining.here(prepared, alone, "--epochs", "1");
        Path run = directory.resolve("run");
        TinyTraining.Ended ended = job(arguments(prepared, "--epochs", "1", "--gradient-bits", "16"));
        assertEquals(TrainJob.OK, ended.code(), ended.err());
        float[] exact = weights(alone);
        float[] rounded = weights(run);
        assertFalse(Arrays.equals(exact, rounded));
        for (int i = 0; i < exact.length; i++) {
            // Two steps of Adam at a rate of 0.01 lie between.
            assertEquals(exact[i], rounded[i], 2e-2f);
        }
        ended = job(arguments(prepared, "--epochs", "1"));
        assertEquals(TrainJob.UNUSABLE, ended.code());
        assertTrue(ended.err().contains(SlowFileSystem.uri(run) + " holds a run already"), ended.err());
        ended = job(arguments(prepared, "--epochs", "2", "--resume"));
        assertEquals(TrainJob.UNUSABLE, ended.code());
        assertTrue(ended.err().contains("gradients rounded to bfloat16"), ended.err());
        assertTrue(ended.err().contains(SlowFileSystem.uri(TrainingRun.stateFile(run.resolve("coarse")))), ended.err());
        ended = job(arguments(prepared, "--epochs", "2", "--resume", "--gradient-bits", "16"));
        assertEquals(TrainJob.OK, ended.code(), ended.err());
        assertNotEquals(Arrays.hashCode(rounded), Arrays.hashCode(weights(run)));
    }

    private static float[] weights(Path run) throws IOException {
        return Safetensors.read(TrainingRun.stateFile(run.resolve("fine")))
                .tensor("weights")
                .values();
    }

    @Test
    void resultsThatSparkWouldRefuseAreRefusedFirst() throws IOException {
        Path prepared = TinyTraining.prepare(directory.resolve("prepared"));
        TinyTraining.Ended ended = job(
                TestSpark.local(1).config("spark.driver.maxResultSize", "1m"),
                arguments(prepared, "--epochs", "1", "--coarse-channels", "32,64"));
        assertEquals(TrainJob.UNUSABLE, ended.code());
        assertTrue(ended.err().contains("--conf spark.driver.maxResultSize=1g"), ended.err());
    }

    @Test
    void helpNamesWhatSparkAddsToTheProgramsOptions() {
        String help = TinyTraining.job("--help").out().replaceAll("\\s+", " ");
        for (String option : new String[] {"--gradient-bits", "--threads", "--accumulate", "--init", "spark-submit"}) {
            assertTrue(help.contains(option), option);
        }
        assertTrue(help.getBytes(StandardCharsets.UTF_8).length > 2000);
    }
}
