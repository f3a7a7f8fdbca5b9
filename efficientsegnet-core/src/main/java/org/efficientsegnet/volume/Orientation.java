// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.volume;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Towards which side of the patient the index axes x, y, z of a grid grow, as three letters: {@code "RAS"} means that x
 * grows towards the Right, y towards the Anterior, z towards the Superior side. There are 48.
 *
 * <p>The letters name where an axis grows <em>to</em>, as in nibabel and NIfTI; some file formats write where it comes
 * from.
 */
public final class Orientation {

    /** The orientation that the networks read: Right, Anterior, Superior. */
    public static final Orientation RAS = of("RAS");

    private static final String POSITIVE = "RAS";
    private static final String NEGATIVE = "LPI";

    private final String code;

    private Orientation(String code) {
        this.code = code;
    }

    /**
     * From a code such as {@code "LPS"}, in either case.
     *
     * @throws IllegalArgumentException if it is not one of the 48
     */
    public static Orientation of(String code) {
        String upper = code.toUpperCase(Locale.ROOT);
        int seen = 0;
        for (int i = 0; i < upper.length(); i++) {
            seen |= 1 << worldAxis(upper.charAt(i), code);
        }
        if (upper.length() != 3 || seen != 7) {
            throw notACode(code);
        }
        return new Orientation(upper);
    }

    /** All 48. */
    public static List<Orientation> all() {
        int[][] orders = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
        List<Orientation> all = new ArrayList<>();
        for (int[] order : orders) {
            for (int flips = 0; flips < 8; flips++) {
                StringBuilder code = new StringBuilder(3);
                for (int i = 0; i < 3; i++) {
                    code.append(((flips >> i & 1) == 0 ? POSITIVE : NEGATIVE).charAt(order[i]));
                }
                all.add(new Orientation(code.toString()));
            }
        }
        return List.copyOf(all);
    }

    /** The letter of the side towards which an index axis grows. */
    public char direction(Axis axis) {
        return code.charAt(axis.column());
    }

    /** Which index axis runs along the given letter or its opposite. */
    public Axis axisAlong(char direction) {
        int world = worldAxis(direction, String.valueOf(direction));
        for (Axis axis : Axis.values()) {
            if (worldAxis(axis) == world) {
                return axis;
            }
        }
        throw new AssertionError(code);
    }

    /** The world axis (0 left-right, 1 posterior-anterior, 2 inferior-superior) along which an index axis runs. */
    public int worldAxis(Axis axis) {
        return worldAxis(direction(axis), code);
    }

    /** 1 if an index axis grows towards Right, Anterior or Superior, else -1. */
    public int sign(Axis axis) {
        return POSITIVE.indexOf(direction(axis)) >= 0 ? 1 : -1;
    }

    /** The orientation whose axes grow the other way: LPI for RAS. */
    public Orientation opposite() {
        StringBuilder letters = new StringBuilder(3);
        for (int axis = 0; axis < 3; axis++) {
            letters.append(opposite(code.charAt(axis)));
        }
        return new Orientation(letters.toString());
    }

    /** The letter of the other side: L for R, S for I. */
    static char opposite(char direction) {
        int world = worldAxis(direction, String.valueOf(direction));
        return (POSITIVE.indexOf(direction) >= 0 ? NEGATIVE : POSITIVE).charAt(world);
    }

    private static int worldAxis(char letter, String code) {
        int world = POSITIVE.indexOf(letter);
        if (world < 0) {
            world = NEGATIVE.indexOf(letter);
        }
        if (world < 0) {
            throw notACode(code);
        }
        return world;
    }

    private static IllegalArgumentException notACode(String code) {
        return new IllegalArgumentException(
                "\"" + code + "\" is not an orientation: three letters are needed, one each of R or L, A or P, S or I");
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof Orientation other && code.equals(other.code);
    }

    @Override
    public int hashCode() {
        return code.hashCode();
    }

    /** The three letters. */
    @Override
    public String toString() {
        return code;
    }
}
