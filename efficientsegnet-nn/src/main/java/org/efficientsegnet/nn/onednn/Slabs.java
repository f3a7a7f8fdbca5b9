// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn;

import java.util.ArrayList;
import java.util.List;

/**
 * How work is cut into tasks. A task should be long beside the price of taking it, and short beside a run, so that workers
 * end together and a run can stop soon. The cut depends on the work alone, not on how many workers there are, and so does
 * the result then.
 */
public final class Slabs {

    /** What a task should take, ns. */
    private static final long TASK_NANOS = 500_000;

    /** A job that takes less is one task. */
    private static final long ONE_TASK_NANOS = 150_000;

    private static final int LEAST_TASKS = 6;

    private Slabs() {}

    /**
     * A part of an axis.
     *
     * @param first where it begins
     * @param extent how much it has
     */
    record Slab(long first, long extent) {}

    /**
     * What a window that slides along an axis reads for a part of its output.
     *
     * @param first of the input
     * @param extent of the input
     * @param before how much padding lies before it
     * @param after how much padding lies after it
     */
    public record Window(int first, int extent, int before, int after) {

        /**
         * For a part of the output.
         *
         * @param first where the part begins
         * @param extent how much it has
         * @param kernel how much the window sees
         * @param stride how far it goes from one element of the output to the next
         * @param padding how much padding the whole has before it
         * @param input how much the whole input has
         */
        public static Window of(long first, long extent, int kernel, int stride, int padding, int input) {
            int begin = (int) first * stride - padding;
            int end = begin + ((int) extent - 1) * stride + kernel;
            int from = Math.max(begin, 0);
            int to = Math.min(end, input);
            return new Window(from, to - from, from - begin, end - to);
        }

        /** The same for all parts that one primitive can compute. */
        Window withoutFirst() {
            return new Window(0, extent, before, after);
        }
    }

    /** How many tasks work of so many ns is cut into, at most. */
    static long tasks(long nanos, long most) {
        if (nanos < ONE_TASK_NANOS) {
            return 1;
        }
        return Math.max(1, Math.min(most, Math.max(LEAST_TASKS, nanos / TASK_NANOS)));
    }

    /** How many parts of usual length work of so many ns has, at most. */
    static long parts(long nanos, long most) {
        return Math.max(1, Math.min(most, nanos / TASK_NANOS));
    }

    /**
     * Cuts an axis for work of so many ns.
     *
     * @param unit slabs are multiples of this, except of the last one
     */
    static List<Slab> cut(long extent, long unit, long nanos) {
        long units = (extent + unit - 1) / unit;
        long most = units / tasks(nanos, units);
        // All of one size, if that does not make them much smaller.
        long size = most;
        while (size > 1 && units % size != 0) {
            size--;
        }
        if (2 * size <= most) {
            size = most;
        }
        return cut(new Slab(0, extent), size * unit);
    }

    /** Cuts a slab into slabs of a size, except of the last one. */
    static List<Slab> cut(Slab slab, long size) {
        List<Slab> slabs = new ArrayList<>();
        for (long done = 0; done < slab.extent(); done += size) {
            slabs.add(new Slab(slab.first() + done, Math.min(size, slab.extent() - done)));
        }
        return slabs;
    }
}
