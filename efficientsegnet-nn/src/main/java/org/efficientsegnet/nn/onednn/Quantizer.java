// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.dnnl.binary;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.efficientsegnet.nn.onednn.Kernel.Argument;
import org.efficientsegnet.nn.onednn.Slabs.Slab;
import org.efficientsegnet.nn.plan.PlanShapes.FeatureShape;

/** Makes the 8-bit copy of a value: divided by its unit, rounded to the nearest, from 0 to 255. */
final class Quantizer {

    /** As for norms: oneDNN is slow where a row is a few vectors long. */
    private static final int WIDTH = 1024;

    private final String value;
    private final ProgramBuilder program;
    private final FeatureShape maps;
    private final int repetitions;

    Quantizer(String value, ProgramBuilder program) {
        this.value = value;
        this.program = program;
        this.maps = program.maps(value);
        this.repetitions = Integer.highestOneBit(Math.max(1, WIDTH / maps.channels()));
    }

    /** As a job of its own. */
    void lower() {
        long nanos = program.nanos(0, 2 * maps.elements());
        List<List<Call>> tasks = new ArrayList<>();
        for (Slab slab : Slabs.cut(maps.shape().voxels(), repetitions, nanos)) {
            tasks.add(List.of(of(slab)));
        }
        program.job(tasks, nanos);
    }

    /** The call for voxels that lie one after the other. */
    Call of(Slab voxels) {
        int side = repetitions;
        while (voxels.extent() % side != 0) {
            side /= 2;
        }
        int width = side * maps.channels();
        long rows = voxels.extent() / side;
        Kernel kernel = program.kernel(List.of("quantize", value, width, rows), () -> kernel(width, rows));
        long first = voxels.first() * maps.channels();
        return program.call(
                kernel, program.value(value, first * OneDnn.bytes(program.type())), program.quantized(value, first));
    }

    private Kernel kernel(int width, long rows) {
        memory.desc wide = OneDnn.rows(width, rows, program.type());
        memory.desc narrow = OneDnn.rows(width, rows, memory.data_type.u8);
        memory.desc perPlace = new memory.desc(new long[] {1, width, 1}, memory.data_type.f32, memory.format_tag.nwc);
        float[] factors = new float[width];
        Arrays.fill(factors, 1 / program.quantization().unit(value));
        binary.primitive_desc description = new binary.primitive_desc(
                OneDnn.CPU, dnnl.algorithm.binary_mul, wide, perPlace, narrow, OneDnn.attributes(), false);
        return program.kernel(
                description,
                new binary(description),
                new Argument(dnnl.DNNL_ARG_SRC_0, wide),
                new Argument(
                        dnnl.DNNL_ARG_SRC_1,
                        program.weights().get("levels of " + value + " by " + width, factors, perPlace, perPlace)),
                new Argument(dnnl.DNNL_ARG_DST, narrow));
    }
}
