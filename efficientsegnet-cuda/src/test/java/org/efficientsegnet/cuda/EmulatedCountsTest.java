// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.efficientsegnet.SegmentationException;
import org.efficientsegnet.cuda.binding.CudaLibrary;
import org.efficientsegnet.nn.network.InitialWeights;
import org.efficientsegnet.nn.network.NetworkSpec;
import org.efficientsegnet.nn.network.PlanCompilation;
import org.efficientsegnet.nn.network.WeightedNetwork;
import org.efficientsegnet.nn.plan.Plan;
import org.efficientsegnet.nn.plan.PlanShapes;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Voxels;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What kernels cost on the emulated device, one by one: warp instructions of PTX, passes of shared memory, sectors of global
 * memory. Files hold what they cost before; what costs 5 % more fails. The counts of a run go to files of the same names in
 * target/emulator, from where a change that is meant is copied over the old ones.
 */
class EmulatedCountsTest {

    private static final String NETWORK = "kernel-counts.tsv";
    private static final String VOLUMES = "volume-counts.tsv";

    private static final int SAMPLE = 97;

    /** What a kernel costs. */
    private record Cost(long instructions, long passes, long sectors) {}

    @BeforeEach
    void emulated() {
        Natives.assumeBuilt();
        assumeFalse(TestDevice.isHost(), "counts are the emulated device's");
    }

    @Test
    void noKernelOfTheNetworkCostsMoreThanBefore() throws IOException {
        assertNotMoreThanBefore(NETWORK, runNetwork());
    }

    @Test
    void noKernelAroundTheNetworksCostsMoreThanBefore() throws IOException {
        assertNotMoreThanBefore(VOLUMES, goTheWayOfAScan());
    }

    private static void assertNotMoreThanBefore(String baseline, String counts) throws IOException {
        Files.writeString(Path.of("target", "emulator", baseline), counts);
        Map<String, Cost> found = parse(counts);
        Map<String, Cost> before;
        try (InputStream in = EmulatedCountsTest.class.getResourceAsStream("/" + baseline)) {
            before = parse(new String(in.readAllBytes(), StandardCharsets.UTF_8));
        }
        assertEquals(before.keySet(), found.keySet());
        found.forEach((kernel, cost) -> {
            Cost old = before.get(kernel);
            assertNotMore(kernel + ": warp instructions", old.instructions(), cost.instructions());
            assertNotMore(kernel + ": passes of shared memory", old.passes(), cost.passes());
            assertNotMore(kernel + ": sectors of global memory", old.sectors(), cost.sectors());
        });
    }

    private static void assertNotMore(String what, long before, long now) {
        assertTrue(now <= before * 1.05 + 1000, () -> what + ": " + now + " instead of " + before);
    }

    /** The fine network at 192 x 192 x 192. Of every launch a sample of the blocks runs, and its counts stand for all. */
    private static String runNetwork() {
        NetworkSpec spec = NetworkSpec.efficientSegNet(4);
        Shape size = Shape.cube(192);
        WeightedNetwork model = new WeightedNetwork("fine", spec, size, InitialWeights.kaiming(spec, 3));
        Plan plan = PlanCompilation.planOf(model);
        Emulator.sample(SAMPLE);
        try (Device device = Device.open(TestDevice.index(), 1);
                PackedWeights weights = new PackedWeights(device, 0, plan, model.weights());
                Program program = new Program(
                        plan,
                        ProgramBuilder.build(plan, PlanShapes.of(plan, size), 0, weights),
                        0,
                        Device.open(TestDevice.index(), 1))) {
            Emulator.resetCounts();
            GrowingMemory room = new GrowingMemory(device);
            program.occupy(room);
            try {
                program.infer();
            } catch (SegmentationException e) {
                // Blocks that did not run left nothing behind, so that the numbers mean nothing.
                assertTrue(e.getMessage().contains("not finite"), e.getMessage());
            }
            room.release();
            return Emulator.counts();
        } finally {
            Emulator.sample(1);
        }
    }

    /** A small scan from stored voxels to labels; the normalised values stand for a network's logits. */
    private static String goTheWayOfAScan() {
        Shape scan = new Shape(48, 80, 72);
        Shape size = new Shape(40, 64, 64);
        short[] stored = new short[scan.arrayLength()];
        Random random = new Random(8);
        for (int i = 0; i < stored.length; i++) {
            int x = i % scan.x();
            int y = i / scan.x() % scan.y();
            stored[i] = (short) (random.nextGaussian() * 30 + ((x / 13 + y / 9) % 3 == 0 ? 150 : -700));
        }
        int n = size.arrayLength();
        int[] scanExtents = {scan.z(), scan.y(), scan.x()};
        int[] sizeExtents = {size.z(), size.y(), size.x()};
        long[] scanStrides = {(long) scan.y() * scan.x(), scan.x(), 1};
        long[] sizeStrides = {(long) size.y() * size.x(), size.x(), 1};
        try (Device device = Device.open(TestDevice.index(), 1);
                Staging staging = new Staging(device);
                Device.Memory voxels = device.allocate(2L * stored.length);
                Device.Memory values = device.allocate(4L * n);
                Device.Memory workspace = device.allocate(CudaLibrary.esn_reduction_workspace(n));
                Device.Memory moments = device.allocate(16);
                Device.Memory masks = device.allocate(stored.length);
                Device.Memory trees = device.allocate(8L * stored.length);
                Device.Memory found = device.allocate(32);
                Device.Memory labels = device.allocate(stored.length);
                Device.Memory tables = device.allocate(8L * (scan.z() + scan.y() + scan.x()))) {
            staging.send(new Voxels.Shorts(stored, false), voxels.address());
            Emulator.resetCounts();
            long c = device.context();
            Device.check(CudaLibrary.esn_resample(
                    c,
                    2,
                    voxels.address(),
                    0,
                    scanStrides,
                    tables(c, tables, scanExtents, sizeExtents),
                    values.address(),
                    new int[] {scan.z(), scan.y(), scan.x(), size.z(), size.y(), size.x()},
                    sizeStrides,
                    1,
                    0));
            Device.check(CudaLibrary.esn_distribution(
                    c, values.address(), n, -500, 200, workspace.address(), moments.address()));
            Device.check(
                    CudaLibrary.esn_moments(c, values.address(), n, -325, 325, workspace.address(), moments.address()));
            Device.check(CudaLibrary.esn_standardize(c, values.address(), n, -325, 325, moments.address(), 1e-5));
            Device.check(CudaLibrary.esn_restore(
                    c,
                    values.address(),
                    sizeExtents,
                    0,
                    1,
                    0.5f,
                    tables(c, tables, sizeExtents, scanExtents),
                    scanExtents,
                    masks.address()));
            int[] kept = new int[7];
            Device.check(CudaLibrary.esn_keep_largest(
                    c,
                    masks.address(),
                    0,
                    scanExtents,
                    1,
                    10,
                    trees.address(),
                    trees.address() + 4L * stored.length,
                    found.address(),
                    kept));
            assertEquals(1, kept[0]);
            Device.check(CudaLibrary.esn_clear(c, labels.address(), stored.length));
            Device.check(
                    CudaLibrary.esn_paint(c, masks.address(), 1, 7, scanExtents, labels.address(), 0, scanStrides));
            device.synchronize();
            return Emulator.counts();
        }
    }

    private static long[] tables(long context, Device.Memory memory, int[] from, int[] to) {
        long at = memory.address();
        long[] tables = new long[3];
        for (int axis = 0; axis < 3; axis++) {
            tables[axis] = at;
            Device.check(CudaLibrary.esn_axis_table(context, from[axis], to[axis], at));
            at += 8L * to[axis];
        }
        return tables;
    }

    private static Map<String, Cost> parse(String lines) {
        Map<String, Cost> costs = new TreeMap<>();
        lines.lines().forEach(line -> {
            String[] parts = line.split("\t");
            costs.put(parts[0], new Cost(Long.parseLong(parts[3]), Long.parseLong(parts[5]), Long.parseLong(parts[6])));
        });
        return costs;
    }
}
