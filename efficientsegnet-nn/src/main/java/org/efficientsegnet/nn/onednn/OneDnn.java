// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn;

import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.primitive_attr;
import org.bytedeco.dnnl.primitive_desc_base;
import org.efficientsegnet.Precision;
import org.efficientsegnet.nn.plan.PlanShapes.FeatureShape;

/** What all uses of oneDNN share. Touching this class loads the natives. */
public final class OneDnn {

    /** The CPU. */
    public static final engine CPU = new engine(engine.kind.cpu, 0);

    private OneDnn() {}

    /** The instruction set that oneDNN found and uses: {@code avx512_core_bf16}. */
    public static String instructionSet() {
        return dnnl.get_effective_cpu_isa().toString();
    }

    /** Whether the CPU multiplies bfloat16 in hardware: AVX512_BF16, or AMX, whose CPUs have the former too. */
    public static boolean hasBfloat16() {
        return has(dnnl.dnnl_cpu_isa_avx512_core_bf16);
    }

    /** Whether the CPU multiplies 8-bit numbers four at once (VNNI), with sums that cannot overflow on the way. */
    static boolean hasBytes() {
        return has(dnnl.dnnl_cpu_isa_avx512_core_vnni) || has(dnnl.dnnl_cpu_isa_avx2_vnni);
    }

    /** Whether this is an x86 CPU; of others oneDNN does not tell what they have. */
    static boolean isX86() {
        return has(dnnl.dnnl_cpu_isa_sse41);
    }

    /** Whether a primitive would be a loop that is there for correctness alone. */
    static boolean isReference(primitive_desc_base description) {
        return description.impl_info_str().getString().startsWith("ref");
    }

    private static boolean has(int instructions) {
        return (dnnl.dnnl_get_effective_cpu_isa() & instructions) == instructions;
    }

    /** The type of feature maps. */
    public static memory.data_type type(Precision precision) {
        boolean half = precision == Precision.BF16 || precision == Precision.INT8 && hasBfloat16();
        return half ? memory.data_type.bf16 : memory.data_type.f32;
    }

    public static int bytes(memory.data_type type) {
        return (int) memory.data_type_size(type);
    }

    /** Feature maps, channels last: logical dimensions n, c, z, y, x. */
    public static memory.desc channelsLast(FeatureShape maps, memory.data_type type) {
        return new memory.desc(dimensions(maps), type, memory.format_tag.ndhwc);
    }

    public static long[] dimensions(FeatureShape maps) {
        return new long[] {
            1, maps.channels(), maps.shape().z(), maps.shape().y(), maps.shape().x()
        };
    }

    /** Numbers as rows, whatever they are. */
    public static memory.desc rows(int width, long rows, memory.data_type type) {
        return new memory.desc(new long[] {1, width, rows}, type, memory.format_tag.nwc);
    }

    /** Attributes with scratch memory in the caller's hands, so that it is part of the plan. */
    public static primitive_attr attributes() {
        primitive_attr attributes = new primitive_attr();
        attributes.set_scratchpad_mode(dnnl.scratchpad_mode.user);
        return attributes;
    }
}
