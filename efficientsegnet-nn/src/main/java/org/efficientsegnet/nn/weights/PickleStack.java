// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.weights;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** What a pickle has on its stack and in its memo, both bounded. */
final class PickleStack {

    private static final int MOST_VALUES = 1 << 17;
    private static final int MOST_STACK = 1 << 14;
    private static final int MOST_MARKS = 64;

    private final PickleInput in;
    private Object[] stack = new Object[64];
    private int size;
    private final int[] marks = new int[MOST_MARKS];
    private int markCount;
    private final Map<Integer, Object> memo = new HashMap<>();
    private int values;

    /** @param in says where in the pickle something is wrong */
    PickleStack(PickleInput in) {
        this.in = in;
    }

    /** Whether neither a value nor a mark is left. */
    boolean isEmpty() {
        return size == 0 && markCount == 0;
    }

    /** Puts a value on top. */
    void push(Object value) throws MalformedFileException {
        if (++values > MOST_VALUES) {
            throw in.refused("it makes more than " + MOST_VALUES + " values", PickleOpcodes.REMEDY);
        }
        if (size == stack.length) {
            if (size == MOST_STACK) {
                throw in.refused("its stack grows beyond " + MOST_STACK + " values", PickleOpcodes.REMEDY);
            }
            stack = Arrays.copyOf(stack, size * 2);
        }
        stack[size++] = value;
    }

    /** Remembers where the stack ends now. */
    void mark() throws MalformedFileException {
        if (markCount == MOST_MARKS) {
            throw in.refused("it nests deeper than " + MOST_MARKS, PickleOpcodes.REMEDY);
        }
        marks[markCount++] = size;
    }

    /** Takes the top. */
    Object pop() throws MalformedFileException {
        return popTuple(1)[0];
    }

    /** Takes so many values from the top, in the order in which they were pushed; never below a mark. */
    Object[] popTuple(int count) throws MalformedFileException {
        int bottom = markCount == 0 ? 0 : marks[markCount - 1];
        if (size - count < bottom) {
            throw in.refused("it takes more from the stack than there is", PickleOpcodes.DAMAGED);
        }
        return cut(size - count);
    }

    /** Takes all above the last mark, and the mark. */
    Object[] popToMark() throws MalformedFileException {
        if (markCount == 0) {
            throw in.refused("it refers to a MARK that is not there", PickleOpcodes.DAMAGED);
        }
        return cut(marks[--markCount]);
    }

    private Object[] cut(int from) {
        Object[] top = Arrays.copyOfRange(stack, from, size);
        Arrays.fill(stack, from, size, null);
        size = from;
        return top;
    }

    /** The top, which stays there. */
    <T> T top(Class<T> type, String what) throws MalformedFileException {
        int bottom = markCount == 0 ? 0 : marks[markCount - 1];
        if (size == bottom || !type.isInstance(stack[size - 1])) {
            throw in.refused("it adds to something that is no " + what, PickleOpcodes.DAMAGED);
        }
        return type.cast(stack[size - 1]);
    }

    /** Remembers the top. */
    void memoize(int index) throws MalformedFileException {
        if (memo.size() == MOST_VALUES) {
            throw in.refused("it remembers more than " + MOST_VALUES + " values", PickleOpcodes.REMEDY);
        }
        memo.put(index, top(Object.class, "value"));
    }

    /** What was remembered. */
    Object recall(int index) throws MalformedFileException {
        Object value = memo.get(index);
        if (value == null) {
            throw in.refused(
                    "it recalls value " + Integer.toUnsignedString(index) + ", never stored", PickleOpcodes.DAMAGED);
        }
        return value;
    }
}
