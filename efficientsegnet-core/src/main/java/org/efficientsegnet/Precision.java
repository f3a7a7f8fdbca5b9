// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet;

/** The arithmetic of the networks. Instance-norm statistics are 32-bit in each of them. */
public enum Precision {
    /** The fastest that this machine has in hardware and that the engine offers. */
    AUTO,
    /** 32-bit floating point. */
    FP32,
    /** 16-bit brain floating point with 32-bit accumulation. */
    BF16,
    /** 16-bit IEEE floating point with 32-bit accumulation; on GPUs. */
    FP16,
    /**
     * Convolutions in 8-bit integers with 32-bit sums, the rest in BF16 where the CPU has it, else in FP32; on CPUs with
     * VNNI, for models that were calibrated. Never chosen by {@link #AUTO}.
     */
    INT8
}
