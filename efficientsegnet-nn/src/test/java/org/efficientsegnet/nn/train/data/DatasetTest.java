// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ForkJoinPool;
import java.util.stream.IntStream;
import org.efficientsegnet.nn.train.Batch;
import org.efficientsegnet.nn.train.data.PreparedDataset.CascadeStage;
import org.efficientsegnet.nn.weights.DType;
import org.efficientsegnet.nn.weights.Safetensors;
import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.volume.Geometry;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.Orientation;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Volume;
import org.efficientsegnet.volume.Voxels;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DatasetTest {

    @TempDir
    private Path directory;

    private Path touch(String name) throws IOException {
        Path file = directory.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, name);
    }

    @Test
    void findsThePairsOfAFolder() throws IOException {
        touch("TrainingImg/train_001_0000.nii.gz");
        touch("TrainingImg/train_000_0000.nii.gz");
        touch("TrainingImg/train_002_0000.nii.gz");
        touch("TrainingMask/train_000.nii.gz");
        touch("TrainingMask/train_001.nii.gz");
        Dataset dataset = Dataset.flare(directory);
        assertEquals(
                List.of("train_000", "train_001"),
                dataset.pairs().stream().map(CasePair::id).toList());
        assertEquals(1, dataset.problems().size());
        assertTrue(dataset.problems().get(0).contains("train_002"));
        assertThrows(IOException.class, () -> Dataset.flare(directory.resolve("TrainingMask")));
    }

    @Test
    void readsTheLinesOfACsvFile() throws IOException {
        Path csv = directory.resolve("pairs.csv");
        Files.writeString(
                csv,
                "image,labels\n# none\n\na/b_0000.nii.gz,l.nii.gz\nx.mha , y.mha , case 1\nx.mha,y.mha,one\nonly\n"
                        + "x.mha,y.mha,one\n");
        Dataset dataset = Dataset.csv(csv);
        assertEquals(
                List.of("b", "one"), dataset.pairs().stream().map(CasePair::id).toList());
        assertEquals(
                directory.resolve("a/b_0000.nii.gz"), dataset.pairs().get(0).image());
        assertEquals(3, dataset.problems().size(), dataset.problems().toString());
        assertTrue(
                dataset.problems().get(1).contains("line 7"), dataset.problems().toString());
    }

    @Test
    void aByteOrderMarkIsNoPartOfTheFirstLine() throws IOException {
        Path csv = directory.resolve("pairs.csv");
        for (String heading : List.of("image,labels,name\r\n", "")) {
            Files.writeString(csv, "\uFEFF" + heading + "ct.mha,lb.mha,good\r\n");
            Dataset dataset = Dataset.csv(csv);
            assertEquals(List.of(), dataset.problems());
            assertEquals(directory.resolve("ct.mha"), dataset.pairs().get(0).image());
            assertEquals("good", dataset.pairs().get(0).id());
        }
        Files.write(csv, new byte[] {'a', (byte) 0xfc, ',', 'b'});
        IOException e = assertThrows(IOException.class, () -> Dataset.csv(csv));
        assertTrue(e.getMessage().contains("pairs.csv") && e.getMessage().contains("UTF-8"), e::getMessage);
    }

    @Test
    void aListWithoutPairsTellsWhy() throws IOException {
        Path csv = directory.resolve("evil.csv");
        Files.writeString(csv, "image,labels,name\nct.mha,lb.mha,../../escape\n");
        IOException e = assertThrows(IOException.class, () -> Dataset.csv(csv));
        assertTrue(e.getMessage().contains("\"../../escape\" is not a case's name"), e::getMessage);
        Files.writeString(csv, "a;b\n".repeat(9));
        e = assertThrows(IOException.class, () -> Dataset.csv(csv));
        assertTrue(
                e.getMessage().contains("line 3: 1 fields; ") && e.getMessage().contains("and 6 more"), e::getMessage);
        Files.writeString(csv, "image,labels\n");
        e = assertThrows(IOException.class, () -> Dataset.csv(csv));
        assertTrue(e.getMessage().contains("lists no pair; a line is"), e::getMessage);
        touch("TrainingImg/train_001_0000.nii.gz");
        e = assertThrows(IOException.class, () -> Dataset.flare(directory));
        assertTrue(e.getMessage().contains("there is no train_001.nii.gz"), e::getMessage);
    }

    @Test
    void everyCaseIsHeldBackOnce() {
        List<String> ids = IntStream.range(0, 23).mapToObj(i -> "case" + i).toList();
        Set<String> held = new TreeSet<>();
        for (int fold = 0; fold < 5; fold++) {
            Folds.Split split = Folds.split(ids, 5, fold, 9);
            assertEquals(split, Folds.split(new TreeSet<>(ids), 5, fold, 9));
            assertTrue(split.validation().size() == 4 || split.validation().size() == 5);
            assertEquals(23, split.training().size() + split.validation().size());
            assertTrue(split.validation().stream().noneMatch(split.training()::contains));
            held.addAll(split.validation());
        }
        assertEquals(23, held.size());
        assertThrows(IllegalArgumentException.class, () -> Folds.split(ids.subList(0, 3), 5, 0, 9));
    }

    @Test
    void hardCasesComeThreeTimesAsOften() {
        List<String> ids = List.of("a", "b", "c");
        List<String> epoch = Folds.epoch(ids, Set.of("b"), 3, 1, 4);
        assertEquals(5, epoch.size());
        assertEquals(3, epoch.stream().filter("b"::equals).count());
        assertEquals(epoch, Folds.epoch(ids, Set.of("b"), 3, 1, 4));
        long orders = IntStream.range(0, 20)
                .mapToObj(e -> Folds.epoch(ids, Set.of("b"), 3, 1, e))
                .distinct()
                .count();
        assertTrue(orders > 5);
    }

    static final Shape SHAPE = new Shape(10, 12, 14);
    static final Geometry LPS = Geometry.of(Orientation.of("LPS"), 2, 2, 4);

    /** A block of label 1 and one of label 2 in a body of 40 HU in air; x grows to the Left, y to the Posterior side. */
    static byte[] blocks() {
        byte[] labels = new byte[SHAPE.arrayLength()];
        for (int z = 4; z < 8; z++) {
            for (int y = 3; y < 9; y++) {
                for (int x = 2; x < 12; x++) {
                    labels[SHAPE.index(z, y, x)] = (byte) (x < 7 ? 1 : 2);
                }
            }
        }
        return labels;
    }

    static final class Reader implements CaseReader {
        int images;

        @Override
        public synchronized Volume image(Path file) throws IOException {
            images++;
            byte[] labels = blocks();
            short[] hu = new short[labels.length];
            for (int i = 0; i < hu.length; i++) {
                hu[i] = (short) (labels[i] == 0 ? -1000 : 40 + 100 * labels[i] + i % 7);
            }
            String name = file.getFileName().toString();
            if (name.startsWith("unreadable")) {
                throw new IOException("unreadable");
            }
            if (name.startsWith("window")) {
                return Volume.ofHu(SHAPE, LPS, new short[hu.length]);
            }
            if (name.startsWith("intercept")) {
                return new Volume(SHAPE, LPS, new Voxels.Shorts(hu, false), 1, 1024);
            }
            if (name.startsWith("scaled")) {
                return new Volume(SHAPE, LPS, new Voxels.Shorts(hu, false), 0.001, 0);
            }
            return Volume.ofHu(SHAPE, LPS, hu);
        }

        @Override
        public LabelMap labels(Path file) {
            String name = file.getFileName().toString();
            if (name.startsWith("moved")) {
                return LabelMap.of(SHAPE, Geometry.of(Orientation.RAS, 2, 2, 4), blocks());
            }
            if (name.startsWith("other")) {
                Shape other = new Shape(10, 12, 13);
                return LabelMap.of(other, LPS, new byte[other.arrayLength()]);
            }
            byte[] labels = blocks();
            if (name.startsWith("seven")) {
                labels[5] = 7;
            }
            if (name.startsWith("empty")) {
                labels = new byte[labels.length];
            }
            return LabelMap.of(SHAPE, LPS, labels);
        }
    }

    static final PreparationOptions OPTIONS =
            new PreparationOptions(List.of("one", "two"), new Shape(5, 6, 7), new Shape(8, 8, 8), 4, Orientation.RAS);

    private Preparation.Report prepare(Reader reader, String... names) throws IOException {
        List<CasePair> pairs = new ArrayList<>();
        for (String name : names) {
            Path file = directory.resolve(name + ".nii.gz");
            if (!Files.exists(file)) {
                touch(name + ".nii.gz");
            }
            pairs.add(new CasePair(name, file, file));
        }
        Parallelism two = Parallelism.of(ForkJoinPool.commonPool(), 2);
        return Preparation.run(
                pairs, reader, directory.resolve("prepared"), OPTIONS, two, (id, done, total, problem) -> {});
    }

    @Test
    void noCasesAreNoDataSet() {
        IOException none = assertThrows(IOException.class, () -> prepare(new Reader()));
        assertTrue(none.getMessage().contains("none of the 0 cases"), none.getMessage());
        IOException bad = assertThrows(IOException.class, () -> prepare(new Reader(), "unreadable", "moved"));
        assertTrue(bad.getMessage().contains("the first problem: moved: "), bad.getMessage());
    }

    @Test
    void preparesWhatIsSoundAndNamesTheRest() throws IOException {
        Reader reader = new Reader();
        Preparation.Report report = prepare(
                reader,
                "good",
                "unreadable",
                "moved",
                "other",
                "seven",
                "empty",
                "window",
                "intercept",
                "scaled",
                "fine");
        assertEquals(List.of("fine", "good"), report.dataset().ids());
        assertEquals(8, report.problems().size());
        assertTrue(
                report.problems().get("seven").contains("label 7"),
                report.problems().toString());
        assertTrue(
                report.problems().get("other").contains("10x12x13"),
                report.problems().toString());
        for (String name : List.of("window", "intercept", "scaled")) {
            assertTrue(
                    report.problems().get(name).contains("not HU"),
                    report.problems().toString());
        }
        assertEquals(report.dataset(), PreparedDataset.open(directory.resolve("prepared")));

        PreparedCase prepared = report.dataset().load("good");
        assertEquals("RAS", prepared.geometry().orientation().toString());
        // x and y are turned: what was at x of 14 is at 13 - x.
        assertEquals(2, prepared.labels()[SHAPE.index(4, 5, 3)]);
        assertEquals(1, prepared.labels()[SHAPE.index(4, 5, 9)]);
        assertEquals(reader.image(Path.of("x")).hu(4, 12 - 1 - 5, 13 - 3), prepared.hu()[SHAPE.index(4, 5, 3)]);

        Sample coarse = report.dataset().sample("good", CascadeStage.COARSE);
        assertEquals(OPTIONS.coarseSize(), coarse.shape());
        assertEquals(prepared.hu()[0], coarse.hu()[0]);
        Sample fine = report.dataset().sample("good", CascadeStage.FINE);
        // A margin of 4 mm is one slice and two columns: the region is slices 3 to 8, rows 1 to 10, columns 0 to 13.
        assertEquals(prepared.hu()[SHAPE.index(3, 1, 0)], fine.hu()[0]);
        assertEquals(prepared.hu()[SHAPE.index(8, 10, 13)], fine.hu()[511]);
    }

    /** A directory that is elsewhere: files come when they are asked for, and messages name those that are elsewhere. */
    @Test
    void damagedCasesAreNamedWhereTheyAre() throws IOException {
        touch("good.nii.gz");
        Path file = directory.resolve("good.nii.gz");
        Path copy = directory.resolve("prepared");
        Preparation.run(
                List.of(new CasePair("good", file, file)),
                new Reader(),
                copy,
                OPTIONS,
                Parallelism.SINGLE,
                (id, done, total, problem) -> {});
        List<String> asked = new ArrayList<>();
        PreparedDataset dataset = PreparedDataset.open(new CaseFiles() {
            @Override
            public String place() {
                return "archive://prepared";
            }

            @Override
            public Path file(String name) {
                asked.add(name);
                return copy.resolve(name);
            }
        });
        assertEquals(14, dataset.load("good").shape().x());
        assertEquals("good", dataset.sample("good", CascadeStage.COARSE).id());
        assertEquals(List.of("dataset.json", "cases/good.safetensors", "coarse/good.safetensors"), asked);

        Path stored = copy.resolve("cases/good.safetensors");
        byte[] whole = Files.readAllBytes(stored);
        Safetensors content = Safetensors.read(stored);
        int[] flat = {content.shorts("hu").length};
        List<byte[]> damaged = new ArrayList<>(List.of(new byte[0], "what?".getBytes(StandardCharsets.UTF_8)));
        damaged.add(Arrays.copyOf(whole, whole.length - 7));
        for (int[] extents : new int[][] {flat, {1, 1, flat[0]}}) {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            Safetensors.builder()
                    .add("affine", new int[] {12}, content.doubles("affine"))
                    .add("hu", extents, content.shorts("hu"))
                    .add("labels", DType.U8, content.shape("labels"), content.bytes("labels"))
                    .build()
                    .writeTo(bytes);
            damaged.add(bytes.toByteArray());
        }
        ByteArrayOutputStream scan = new ByteArrayOutputStream();
        Safetensors.builder()
                .add("hu", content.shape("hu"), content.shorts("hu"))
                .build()
                .writeTo(scan);
        damaged.add(scan.toByteArray());
        for (byte[] bytes : damaged) {
            Files.write(stored, bytes);
            IOException e = assertThrows(IOException.class, () -> dataset.load("good"));
            assertTrue(e.getMessage().startsWith("archive://prepared/cases/good.safetensors"), e.getMessage());
            assertTrue(e.getMessage().contains("prepare the data set again"), e.getMessage());
        }
    }

    /** With label 7 for what is not known, the voxel that has it does not take part in the box of the labels. */
    @Test
    void whatIsNotKnownHasALabelOfItsOwn() throws IOException {
        Path file = directory.resolve("seven.nii.gz");
        touch("seven.nii.gz");
        Preparation.Report report = Preparation.run(
                List.of(new CasePair("seven", file, file)),
                new Reader(),
                directory.resolve("prepared"),
                OPTIONS.withUnknownLabel(7),
                Parallelism.SINGLE,
                (id, done, total, problem) -> {});
        assertTrue(report.problems().isEmpty(), report.problems().toString());
        assertEquals(report.dataset(), PreparedDataset.open(directory.resolve("prepared")));
        byte[] labels = report.dataset().load("seven").labels();
        int unknown = 0;
        for (byte label : labels) {
            unknown += label == (byte) 255 ? 1 : 0;
        }
        assertEquals(1, unknown);
        // The region of the case without that voxel.
        Sample fine = report.dataset().sample("seven", CascadeStage.FINE);
        PreparedCase prepared = report.dataset().load("seven");
        assertEquals(prepared.hu()[SHAPE.index(3, 1, 0)], fine.hu()[0]);
        IllegalArgumentException wrong =
                assertThrows(IllegalArgumentException.class, () -> OPTIONS.withUnknownLabel(2));
        assertTrue(wrong.getMessage().contains("above the 2 labels"), wrong.getMessage());
    }

    /** Whoever has more labels than are to be learned is told what to do with them. */
    @Test
    void labelsWithoutANameAreToldWithARemedy() throws IOException {
        touch("seven.nii.gz");
        Path file = directory.resolve("seven.nii.gz");
        IOException none = assertThrows(
                IOException.class,
                () -> Preparation.run(
                        List.of(new CasePair("seven", file, file)),
                        new Reader(),
                        directory.resolve("prepared"),
                        OPTIONS,
                        Parallelism.SINGLE,
                        (id, done, total, problem) -> {}));
        assertTrue(none.getMessage().contains("the label 7"), none.getMessage());
        assertTrue(none.getMessage().contains("labels --remove 7"), none.getMessage());
    }

    @Test
    void isNotDoneTwice() throws IOException {
        Reader reader = new Reader();
        prepare(reader, "a", "b");
        assertEquals(2, reader.images);
        assertEquals(2, prepare(reader, "a", "b").reused());
        assertEquals(2, reader.images);
        Files.writeString(directory.resolve("a.nii.gz"), "changed content");
        assertEquals(1, prepare(reader, "a", "b").reused());
        assertEquals(3, reader.images);
    }

    @Test
    void theLoaderKeepsTheOrder() throws IOException, InterruptedException {
        SampleLoader.Numbered source = number -> {
            if (number % 3 == 0) {
                try {
                    Thread.sleep(5);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
            return new Sample("s" + number, new Shape(1, 1, 2), new float[] {number, 0}, new byte[2]);
        };
        try (SampleLoader loader = new SampleLoader(source, 4, 5, 3)) {
            for (long first = 4; first < 30; first += 2) {
                Batch batch = loader.batch(2);
                assertEquals(List.of("s" + first, "s" + (first + 1)), batch.ids());
                assertArrayEquals(new float[] {first, 0, first + 1, 0}, batch.images());
            }
        }
        try (SampleLoader loader = new SampleLoader(
                number -> {
                    throw new IOException("gone");
                },
                0,
                2,
                1)) {
            assertEquals(
                    "gone",
                    assertThrows(IOException.class, () -> loader.batch(1)).getMessage());
        }
    }
}
