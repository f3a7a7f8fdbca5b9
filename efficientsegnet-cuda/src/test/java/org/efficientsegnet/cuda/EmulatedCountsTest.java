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
import java.util.TreeMap;
import org.efficientsegnet.SegmentationException;
import org.efficientsegnet.nn.network.InitialWeights;
import org.efficientsegnet.nn.network.NetworkSpec;
import org.efficientsegnet.nn.network.PlanCompilation;
import org.efficientsegnet.nn.network.WeightedNetwork;
import org.efficientsegnet.nn.plan.Plan;
import org.efficientsegnet.nn.plan.PlanShapes;
import org.efficientsegnet.volume.Shape;
import org.junit.jupiter.api.Test;

/**
 * What the fine network at 192 x 192 x 192 costs on the emulated device, kernel by kernel: warp instructions of PTX, passes
 * of shared memory, sectors of global memory. Of every launch a sample of the blocks runs, and its counts stand for all.
 * A file holds what it cost before; what costs 5 % more fails. The counts of a run go to target/emulator/counts.tsv, from
 * where a change that is meant is copied over the file.
 */
class EmulatedCountsTest {

    private static final String BASELINE = "kernel-counts.tsv";

    private static final int SAMPLE = 97;

    /** What a kernel costs. */
    private record Cost(long instructions, long passes, long sectors) {}

    @Test
    void noKernelCostsMoreThanBefore() throws IOException {
        Natives.assumeBuilt();
        assumeFalse(TestDevice.isHost(), "counts are the emulated device's");
        String counts = run();
        Files.writeString(Path.of("target", "emulator", "counts.tsv"), counts);
        Map<String, Cost> found = parse(counts);
        Map<String, Cost> before;
        try (InputStream in = EmulatedCountsTest.class.getResourceAsStream("/" + BASELINE)) {
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

    private static String run() {
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

    private static Map<String, Cost> parse(String lines) {
        Map<String, Cost> costs = new TreeMap<>();
        lines.lines().forEach(line -> {
            String[] parts = line.split("\t");
            costs.put(parts[0], new Cost(Long.parseLong(parts[3]), Long.parseLong(parts[5]), Long.parseLong(parts[6])));
        });
        return costs;
    }
}
