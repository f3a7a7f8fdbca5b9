// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom.pixel;

import java.util.Arrays;

/**
 * The adaptive binary arithmetic decoder of JPEG 2000 (ITU-T T.800 annex C, in the form of its figure J.2). After the last
 * byte it reads ones, as encoders leave such bytes out. Not thread-safe.
 */
final class MqDecoder {

    /** What must follow the data: a marker, where the decoder stays. */
    static final int BYTES_AFTER = 2;

    /** Table C.2: Qe, next state if the likelier symbol came, if the other, whether they change places then. */
    private static final int[][] TABLE = {
        {0x5601, 1, 1, 1}, {0x3401, 2, 6, 0}, {0x1801, 3, 9, 0}, {0x0ac1, 4, 12, 0},
        {0x0521, 5, 29, 0}, {0x0221, 38, 33, 0}, {0x5601, 7, 6, 1}, {0x5401, 8, 14, 0},
        {0x4801, 9, 14, 0}, {0x3801, 10, 14, 0}, {0x3001, 11, 17, 0}, {0x2401, 12, 18, 0},
        {0x1c01, 13, 20, 0}, {0x1601, 29, 21, 0}, {0x5601, 15, 14, 1}, {0x5401, 16, 14, 0},
        {0x5101, 17, 15, 0}, {0x4801, 18, 16, 0}, {0x3801, 19, 17, 0}, {0x3401, 20, 18, 0},
        {0x3001, 21, 19, 0}, {0x2801, 22, 19, 0}, {0x2401, 23, 20, 0}, {0x2201, 24, 21, 0},
        {0x1c01, 25, 22, 0}, {0x1801, 26, 23, 0}, {0x1601, 27, 24, 0}, {0x1401, 28, 25, 0},
        {0x1201, 29, 26, 0}, {0x1101, 30, 27, 0}, {0x0ac1, 31, 28, 0}, {0x09c1, 32, 29, 0},
        {0x08a1, 33, 30, 0}, {0x0521, 34, 31, 0}, {0x0441, 35, 32, 0}, {0x02a1, 36, 33, 0},
        {0x0221, 37, 34, 0}, {0x0141, 38, 35, 0}, {0x0111, 39, 36, 0}, {0x0085, 40, 37, 0},
        {0x0049, 41, 38, 0}, {0x0025, 42, 39, 0}, {0x0015, 43, 40, 0}, {0x0009, 44, 41, 0},
        {0x0005, 45, 42, 0}, {0x0001, 45, 43, 0}, {0x5601, 46, 46, 0}
    };

    /** By twice the state plus the likelier symbol: Qe, then a byte of the next such state for each of both cases. */
    private static final int[] STEPS = new int[2 * TABLE.length];

    static {
        for (int i = 0; i < STEPS.length; i++) {
            int[] row = TABLE[i / 2];
            int symbol = i & 1;
            int likely = 2 * row[1] + symbol;
            int unlikely = 2 * row[2] + (symbol ^ row[3]);
            STEPS[i] = row[0] | likely << 16 | unlikely << 24;
        }
    }

    private final byte[] states;
    private byte[] data = new byte[0];
    private int at;
    private int a;
    private int c;
    private int shifts;

    MqDecoder(int contexts) {
        states = new byte[contexts];
    }

    /** Puts all contexts into the first state. */
    void reset() {
        Arrays.fill(states, (byte) 0);
    }

    void set(int context, int state) {
        states[context] = (byte) (2 * state);
    }

    /** Begins with the bytes up to {@code length}; {@link #BYTES_AFTER} bytes 0xff follow them. */
    void start(byte[] bytes, int length) {
        data = bytes;
        data[length] = -1;
        data[length + 1] = -1;
        at = 0;
        c = (data[0] & 0xff) << 16;
        fill();
        c <<= 7;
        shifts -= 7;
        a = 0x8000;
    }

    private void fill() {
        int next = data[at + 1] & 0xff;
        if (data[at] != -1) {
            at++;
            c += next << 8;
            shifts = 8;
        } else if (next > 0x8f) {
            c += 0xff00;
            shifts = 8;
        } else {
            at++;
            c += next << 9;
            shifts = 7;
        }
    }

    /** The next bit. What is as likely as not is computed without a branch, which would be guessed wrongly half the time. */
    int bit(int context) {
        int state = states[context];
        int step = STEPS[state];
        int qe = step & 0xffff;
        int rest = a - qe;
        // All ones if the code lies in the lower part of the interval, which is as long as Qe.
        int lower = (c >>> 16) - qe >> 31;
        c -= qe << 16 & ~lower;
        if ((lower | ~rest & 0x8000) == 0) {
            a = rest;
            return state & 1;
        }
        // The likelier symbol has the upper part, unless that is the shorter one.
        int unlikely = lower ^ rest - qe >> 31;
        states[context] = (byte) (step >> 16 + (unlikely & 8));
        int interval = qe & lower | rest & ~lower;
        int left = Integer.numberOfLeadingZeros(interval) - 16;
        a = interval << left;
        while (left > shifts) {
            c <<= shifts;
            left -= shifts;
            fill();
        }
        c <<= left;
        shifts -= left;
        return state & 1 ^ unlikely & 1;
    }
}
