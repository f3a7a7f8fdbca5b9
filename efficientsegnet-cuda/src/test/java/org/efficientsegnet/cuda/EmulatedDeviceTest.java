// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.efficientsegnet.Precision;
import org.efficientsegnet.SegmentationException;
import org.efficientsegnet.nn.network.ContextKind;
import org.efficientsegnet.nn.network.InitialWeights;
import org.efficientsegnet.nn.network.NetworkSpec;
import org.efficientsegnet.nn.network.PlanCompilation;
import org.efficientsegnet.nn.network.WeightedNetwork;
import org.efficientsegnet.nn.plan.MemoryPlan;
import org.efficientsegnet.nn.plan.Plan;
import org.efficientsegnet.nn.plan.PlanShapes;
import org.efficientsegnet.spi.EngineOptions;
import org.efficientsegnet.spi.Network;
import org.efficientsegnet.volume.Shape;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What only a device can do wrong, on the emulated one. */
class EmulatedDeviceTest {

    private static final Shape SIZE = new Shape(12, 16, 20);

    @BeforeEach
    void emulated() {
        Natives.assumeBuilt();
        assumeFalse(TestDevice.isHost(), "runs on the emulated device");
    }

    private static WeightedNetwork network() {
        NetworkSpec spec = NetworkSpec.builder()
                .channels(8, 16)
                .blocks(List.of(1, 2))
                .context(ContextKind.NONE)
                .classes(3)
                .build();
        return new WeightedNetwork("small", spec, SIZE, InitialWeights.kaiming(spec, 3));
    }

    private static EngineOptions options() {
        return new EngineOptions(Precision.FP16, 1, EngineOptions.Concurrency.QUEUE, false);
    }

    private static float[] input() {
        Random random = new Random(4);
        float[] input = new float[SIZE.arrayLength()];
        for (int i = 0; i < input.length; i++) {
            input[i] = (float) random.nextGaussian();
        }
        return input;
    }

    /** A network's parts, as a test may change them. */
    private static final class Parts implements AutoCloseable {
        final Plan plan = PlanCompilation.planOf(network());
        final PlanShapes shapes = PlanShapes.of(plan, SIZE);
        final Device device = Device.open(TestDevice.index(), 1);
        final PackedWeights weights =
                new PackedWeights(device, 0, plan, network().weights());
        final ProgramBuilder.Lowered lowered = ProgramBuilder.build(plan, shapes, 0, weights);

        Program program(ProgramBuilder.Lowered as) {
            return new Program(plan, as, 0, Device.open(TestDevice.index(), 1));
        }

        @Override
        public void close() {
            weights.close();
            device.close();
        }
    }

    private static float[] logits() {
        return new float[3 * SIZE.arrayLength()];
    }

    /** Every buffer in a place of its own, with bytes around it that nobody may touch and garbage in it. */
    @Test
    void noStepTouchesAnotherBuffer() {
        try (Parts parts = new Parts()) {
            ProgramBuilder.Lowered tight = parts.lowered;
            float[] expected = logits();
            try (Program program = parts.program(tight)) {
                program.run(input(), expected);
            }
            long gap = MemoryPlan.ALIGNMENT;
            List<Long> offsets = new ArrayList<>();
            long end = gap;
            for (long bytes : tight.bytes()) {
                offsets.add(end);
                end += (bytes + 2 * gap - 1) / gap * gap;
            }
            MemoryPlan apart = new MemoryPlan(offsets, end);
            ProgramBuilder.Lowered spread = new ProgramBuilder.Lowered(
                    tight.arrival(),
                    tight.stages(),
                    tight.input(),
                    tight.logits(),
                    tight.strange(),
                    tight.bytes(),
                    apart,
                    tight.scratch());
            try (Program program = parts.program(spread)) {
                GrowingMemory room = new GrowingMemory(program.device());
                long arena = room.of(end);
                long from = 0;
                for (int i = 0; i < offsets.size(); i++) {
                    Emulator.forbid(arena + from, offsets.get(i) - from);
                    from = offsets.get(i) + tight.bytes().get(i);
                }
                Emulator.forbid(arena + from, end - from);
                float[] found = logits();
                program.run(input(), room, found);
                assertArrayEquals(expected, found);
                room.release();
            }
        }
    }

    /** An error of any kind in the midst of recording; the stream can be used afterwards. */
    @Test
    void anErrorWhileRecordingLeavesTheStreamUsable() {
        try (Parts parts = new Parts()) {
            ProgramBuilder.Lowered good = parts.lowered;
            boolean[] broken = {true};
            List<Call> arrival = new ArrayList<>(good.arrival());
            arrival.add((c, at) -> {
                if (broken[0]) {
                    throw new StackOverflowError("in a test");
                }
                return 0;
            });
            ProgramBuilder.Lowered bad = new ProgramBuilder.Lowered(
                    arrival,
                    good.stages(),
                    good.input(),
                    good.logits(),
                    good.strange(),
                    good.bytes(),
                    good.memory(),
                    good.scratch());
            InUse before = InUse.now();
            try (Program program = parts.program(bad)) {
                assertThrows(StackOverflowError.class, () -> program.run(input(), logits()));
                broken[0] = false;
                program.run(input(), logits());
            }
            assertEquals(before, InUse.now());
        }
    }

    @Test
    void anErrorThatAnotherLibraryLeftIsNotOurs() {
        try (Network network = TestDevice.engine().load(network(), options())) {
            float[] expected = logits();
            network.run(input(), expected, new org.efficientsegnet.CancellationToken());
            Emulator.leaveError();
            float[] found = logits();
            network.run(input(), found, new org.efficientsegnet.CancellationToken());
            assertArrayEquals(expected, found);
        }
    }

    @Test
    void saysThatTheProcessMustBeRestartedAfterAFault() {
        try (Device device = Device.open(TestDevice.index(), 1)) {
            Device.Memory memory = device.allocate(64);
            Emulator.forbid(memory.address() + 16, 16);
            String message = assertThrows(SegmentationException.class, () -> {
                        Device.check(org.efficientsegnet.cuda.binding.CudaLibrary.esn_axis_table(
                                device.context(), 4, 8, memory.address()));
                        device.synchronize();
                    })
                    .getMessage();
            assertTrue(message.contains("restarted"), message);
            assertThrows(SegmentationException.class, () -> device.allocate(64));
            assertTrue(Emulator.mended().contains("outside of what is allocated"));
            memory.close();
        }
    }

    /** The default build has code for one capability only. */
    @Test
    void aGpuThatTheLibraryHasNoCodeForIsNotAvailable() {
        Emulator.hideKernels(true);
        try {
            var status = TestDevice.engine().status();
            assertFalse(status.available());
            assertTrue(status.detail().contains("built for compute capability 7.5, 8.0, 9.0"), status.detail());
        } finally {
            Emulator.hideKernels(false);
        }
        assertTrue(TestDevice.engine().status().available());
    }

    /** Memory that goes back after every run: the next one records nothing, and whoever else is on the device goes on. */
    @Test
    void releasedMemoryCostsNoRecordingAndNoWaiting() {
        EngineOptions releasing = new EngineOptions(Precision.FP16, 1, EngineOptions.Concurrency.QUEUE, true);
        InUse before = InUse.now();
        try (Device other = Device.open(TestDevice.index(), 1);
                Device.Memory work = other.allocate(64);
                Network network = TestDevice.engine().load(network(), releasing)) {
            long loaded = InUse.now().bytes();
            float[] expected = logits();
            network.run(input(), expected, new org.efficientsegnet.CancellationToken());
            assertEquals(loaded, InUse.now().bytes());
            long recordings = Emulator.recordings();
            other.synchronize();
            Device.check(org.efficientsegnet.cuda.binding.CudaLibrary.esn_clear(other.context(), work.address(), 64));
            for (int run = 0; run < 3; run++) {
                float[] found = logits();
                network.run(input(), found, new org.efficientsegnet.CancellationToken());
                assertArrayEquals(expected, found);
            }
            assertEquals(recordings, Emulator.recordings());
            assertTrue(Emulator.pending() > 0, "the other stream was waited for");
            network.releaseMemory();
            assertTrue(Emulator.pending() > 0, "the other stream was waited for");
        }
        assertEquals(before, InUse.now());
    }

    /** A scan of more than three blocks of staging memory goes there and back. */
    @Test
    void largeArraysCrossWhole() {
        byte[] sent = new byte[(3 << 23) + 12345];
        new Random(8).nextBytes(sent);
        float[] values = new float[sent.length / 4];
        for (int i = 0; i < values.length; i++) {
            values[i] = i * 0.5f;
        }
        try (Device device = Device.open(TestDevice.index(), 1);
                Staging staging = new Staging(device);
                Device.Memory bytes = device.allocate(sent.length);
                Device.Memory floats = device.allocate(4L * values.length)) {
            staging.send(new org.efficientsegnet.volume.Voxels.Bytes(sent, true), bytes.address());
            staging.send(values, floats.address());
            byte[] found = new byte[sent.length];
            float[] numbers = new float[values.length];
            staging.fetch(bytes.address(), found);
            staging.fetch(floats.address(), numbers);
            assertArrayEquals(sent, found);
            assertArrayEquals(values, numbers);
        }
    }
}
