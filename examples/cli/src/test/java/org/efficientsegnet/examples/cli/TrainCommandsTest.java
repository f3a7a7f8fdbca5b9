// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.efficientsegnet.CancellationToken;
import org.efficientsegnet.examples.toy.TinyScans;
import org.efficientsegnet.io.LabelMaps;
import org.efficientsegnet.io.Volumes;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.Volume;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** From files to a bundle, with a scan whose bright block is label 1 and whose dark block is label 2. */
class TrainCommandsTest {

    @TempDir
    Path folder;

    private Path pairs() throws IOException {
        StringBuilder csv = new StringBuilder("image,labels,name\n");
        for (int i = 0; i < 2; i++) {
            Path scan = folder.resolve("scan" + i + ".nii");
            Files.write(scan, TinyScans.nifti(i));
            Volume volume = Volumes.read(scan);
            byte[] labels = new byte[volume.shape().arrayLength()];
            for (int z = 0; z < TinyScans.NZ; z++) {
                for (int y = 0; y < TinyScans.NY; y++) {
                    for (int x = 0; x < TinyScans.NX; x++) {
                        float hu = volume.hu(z, y, x);
                        labels[volume.shape().index(z, y, x)] = (byte) (hu > 100 ? 1 : hu < -100 ? 2 : 0);
                    }
                }
            }
            LabelMaps.write(
                    LabelMap.of(volume.shape(), volume.geometry(), labels), folder.resolve("labels" + i + ".nii"));
            csv.append("scan")
                    .append(i)
                    .append(".nii,labels")
                    .append(i)
                    .append(".nii,case")
                    .append(i)
                    .append('\n');
        }
        return Files.writeString(folder.resolve("pairs.csv"), csv);
    }

    private Path prepared() throws IOException {
        Path prepared = folder.resolve("prepared");
        Program run = Program.run(
                "prepare",
                pairs().toString(),
                "-o",
                prepared.toString(),
                "--labels",
                "bright,dark",
                "--coarse-size",
                "8,8,8",
                "--fine-size",
                "8,8,16");
        assertEquals(ExitCodes.OK, run.code(), run::toString);
        assertTrue(run.out().contains("2 of 2 cases: case"), run::toString);
        assertTrue(run.out().contains(", 0:00:00 left"), run::toString);
        assertTrue(run.out().contains("2 cases are ready in"), run::toString);
        return prepared;
    }

    @Test
    void filesAndWhatWasPreparedAreAnalysed() throws IOException {
        Path json = folder.resolve("analysis.json");
        Path png = folder.resolve("analysis.png");
        Program run = Program.run(
                "analyze",
                pairs().toString(),
                "--labels",
                "bright,dark",
                "--json",
                json.toString(),
                "--plots",
                png.toString());
        assertEquals(ExitCodes.OK, run.code(), run::toString);
        assertTrue(run.out().contains("2 cases, orientations "), run::toString);
        // The bright block has 4×6×4 voxels of 4 mm.
        JsonNode root = new ObjectMapper().readTree(json.toFile());
        assertEquals(96 * 64 / 1000.0, root.at("/organs/bright/volume_ml/mean").asDouble(), 1e-9);
        assertEquals(-300, root.at("/cases/case1/organs/dark/mean_hu").asDouble());
        assertTrue(Files.size(png) > 1000);
        Program again = Program.run("analyze", prepared().toString(), "--json", json.toString());
        assertEquals(ExitCodes.OK, again.code(), again::toString);
        root = new ObjectMapper().readTree(json.toFile());
        assertEquals(2, root.at("/scans/orientations/RAS").asInt());
        assertEquals(96 * 64 / 1000.0, root.at("/organs/bright/volume_ml/mean").asDouble(), 1e-9);
    }

    @Test
    void aCaseWithoutItsFileIsLeftOut() throws IOException {
        Path pairs = pairs();
        Files.delete(folder.resolve("scan1.nii"));
        Program run = Program.run("analyze", pairs.toString(), "--labels", "bright,dark");
        assertEquals(ExitCodes.FAILED, run.code(), run::toString);
        assertTrue(run.err().contains("left out: case1"), run::toString);
        assertTrue(run.out().contains("1 cases, orientations"), run::toString);
    }

    @ParameterizedTest
    @ValueSource(strings = {"fp32", "fp16"})
    void aBundleIsTrainedThatSegments(String precision) throws IOException {
        Path training = folder.resolve("training");
        List<String> arguments = List.of(
                "train",
                prepared().toString(),
                "-o",
                training.toString(),
                "--folds",
                "0",
                "--epochs",
                "1",
                "--samples-per-epoch",
                "2",
                "--coarse-channels",
                "2,4",
                "--fine-channels",
                "2,4",
                "--crop",
                "4",
                "--precision",
                precision);
        Program run = Program.run(arguments.toArray(new String[0]));
        assertEquals(ExitCodes.OK, run.code(), run::toString);
        String log = Files.readString(training.resolve("fine/log.jsonl"));
        assertEquals(3, log.lines().count(), log);
        assertTrue(log.contains("\"scale\":" + (precision.equals("fp16") ? "65536.0" : "1.0")), log);
        Path labels = folder.resolve("out.nii.gz");
        Program segment = Program.run(
                "segment",
                folder.resolve("scan0.nii").toString(),
                "-o",
                labels.toString(),
                "--model",
                training.resolve("best.zip").toString());
        assertEquals(ExitCodes.OK, segment.code(), segment::toString);
        assertTrue(Files.exists(labels));
    }

    /** Label 1 is the block that label 2 was, by another name; the other one was not annotated. */
    private Path preparedOnlyNew() throws IOException {
        pairs();
        Path scan = folder.resolve("scan0.nii");
        Volume volume = Volumes.read(scan);
        byte[] labels = new byte[volume.shape().arrayLength()];
        for (int z = 0; z < TinyScans.NZ; z++) {
            for (int y = 0; y < TinyScans.NY; y++) {
                for (int x = 0; x < TinyScans.NX; x++) {
                    labels[volume.shape().index(z, y, x)] = (byte) (volume.hu(z, y, x) < -100 ? 1 : 0);
                }
            }
        }
        labels[0] = 9;
        LabelMaps.write(LabelMap.of(volume.shape(), volume.geometry(), labels), folder.resolve("new.nii"));
        Path csv = Files.writeString(folder.resolve("new.csv"), "scan0.nii,new.nii,case2\n");
        Path prepared = folder.resolve("prepared-new");
        Program run = Program.run(
                "prepare",
                csv.toString(),
                "-o",
                prepared.toString(),
                "--labels",
                "hole",
                "--unknown-label",
                "9",
                "--coarse-size",
                "8",
                "--fine-size",
                "8,8,16");
        assertEquals(ExitCodes.OK, run.code(), run::toString);
        return prepared;
    }

    /** A bundle learns a new organ from a case in which only that one is drawn, beside cases in which it is not. */
    @Test
    void aBundleLearnsANewOrganFromPartialLabels() throws IOException {
        Path first = folder.resolve("first");
        String prepared = prepared().toString();
        List<String> small =
                List.of("--folds", "0", "--epochs", "3", "--samples-per-epoch", "4", "--validate-every", "3");
        List<String> begin = new ArrayList<>(List.of("train", prepared, "-o", first.toString()));
        begin.addAll(small);
        begin.addAll(List.of("--coarse-channels", "2,4", "--fine-channels", "2,4", "--crop", "4"));
        begin.addAll(List.of("--fine-stages", "8x8x24:1", "--mix-sizes"));
        Program run = Program.run(begin.toArray(new String[0]));
        assertEquals(ExitCodes.OK, run.code(), run::toString);

        Path second = folder.resolve("second");
        List<String> tune =
                new ArrayList<>(List.of("train", prepared, preparedOnlyNew().toString()));
        tune.addAll(List.of(
                "-o",
                second.toString(),
                "--weights",
                "1,3",
                "--init",
                first.resolve("best.zip").toString()));
        tune.addAll(small);
        Program tuned = Program.run(tune.toArray(new String[0]));
        assertEquals(ExitCodes.OK, tuned.code(), tuned::toString);
        assertTrue(tuned.out().contains("3 cases to train on"), tuned::toString);
        assertTrue(tuned.out().contains("hole "), tuned::toString);
        assertTrue(Files.exists(second.resolve("organs-2.json")));
        String log = Files.readString(second.resolve("fine/log.jsonl"));
        assertTrue(log.contains("case2"), log);
        Program info = Program.run("info", "--model", second.resolve("best.zip").toString());
        assertTrue(
                info.out().contains("bright")
                        && info.out().contains("dark")
                        && info.out().contains("hole"),
                info::toString);

        tune.set(tune.indexOf("--epochs") + 1, "4");
        // What is not kept in memory changes no weight, so that a training may go on with or without it.
        tune.addAll(List.of("--resume", "--recompute"));
        Program more = Program.run(tune.toArray(new String[0]));
        assertEquals(ExitCodes.OK, more.code(), more::toString);
        assertEquals(
                17,
                Files.readString(second.resolve("fine/log.jsonl"))
                                .lines()
                                .filter(l -> l.contains("\"step\""))
                                .count()
                        - 1,
                more::toString);
    }

    @Test
    void nothingSettlesInATrainingFromNothing() throws IOException {
        String prepared = prepared().toString();
        Program run = Program.run("train", prepared, "-o", folder.resolve("x").toString(), "--settle", "2");
        assertEquals(ExitCodes.USAGE, run.code(), run::toString);
        assertTrue(run.err().contains("nothing that could settle"), run::toString);
        assertFalse(Files.exists(folder.resolve("x")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"prepare", "analyze"})
    void noThreadIsNotEnough(String command) {
        Program run = Program.run(command, folder.toString(), "--threads", "0");
        assertEquals(ExitCodes.USAGE, run.code(), run::toString);
        assertTrue(run.err().contains("--threads"), run::toString);
    }

    @Test
    void stoppingLeavesWhatCanBeTakenUp() throws IOException {
        CancellationToken stopped = new CancellationToken();
        stopped.cancel();
        String pairs = pairs().toString();
        Path early = folder.resolve("early");
        Program prepare = Program.run(stopped, "prepare", pairs, "-o", early.toString(), "--labels", "bright,dark");
        assertEquals(ExitCodes.STOPPED, prepare.code(), prepare::toString);
        assertTrue(prepare.err().contains("the same command"), prepare::toString);
        Program analyze = Program.run(stopped, "analyze", pairs, "--labels", "bright,dark");
        assertEquals(ExitCodes.STOPPED, analyze.code(), analyze::toString);
        List<String> train = new ArrayList<>(List.of("train", prepared().toString(), "--folds", "0", "--epochs", "2"));
        train.addAll(List.of("--coarse-channels", "2,4", "--fine-channels", "2,4", "--crop", "4"));
        train.addAll(List.of("--output", folder.resolve("training").toString()));
        Program run = Program.run(stopped, train.toArray(new String[0]));
        assertEquals(ExitCodes.STOPPED, run.code(), run::toString);
        assertTrue(run.err().contains("--resume goes on"), run::toString);
        train.addAll(List.of("--resume", "--quiet"));
        Program rest = Program.run(train.toArray(new String[0]));
        assertEquals(ExitCodes.OK, rest.code(), rest::toString);
        assertEquals("", rest.out());
        assertTrue(Files.exists(folder.resolve("training/best.zip")));
    }

    @ParameterizedTest
    @CsvSource({
        "--precision, 8, FP32",
        "--loss, guess, there is no loss named",
        "--epochs, 0, --epochs: ",
        "--learning-rate, -1, --learning-rate: ",
        "--keep, 0.2, --keep: ",
        "--dropout, 2, --dropout: ",
        "--fine-channels, 0, channels",
        "--fine-stages, 96, SIZE:EPOCHS",
        "--coarse-stages, 8:200, --coarse-stages",
        "--weights, '1,2', weights"
    })
    void optionsThatMakeNoSenseAreWrongUsage(String option, String value, String message) throws IOException {
        Path training = folder.resolve("t");
        Program run = Program.run("train", prepared().toString(), "-o", training.toString(), option, value);
        assertEquals(ExitCodes.USAGE, run.code(), run::toString);
        assertTrue(run.err().contains(message), run::toString);
        assertFalse(Files.exists(training));
    }

    @Test
    void fewerCasesThanFoldsSayWhatToAskFor() throws IOException {
        Program run = Program.run(
                "train", prepared().toString(), "-o", folder.resolve("t").toString());
        assertEquals(ExitCodes.FILE, run.code(), run::toString);
        assertTrue(
                run.err().contains("5 folds where there are 2; ask for fewer folds (--folds), or for 0"),
                run::toString);
    }
}
