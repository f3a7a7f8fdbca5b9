// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.cli;

import picocli.CommandLine.TypeConversionException;

/**
 * A number of threads, as an option gives it.
 *
 * @param count at least 1
 */
public record Threads(int count) {

    /** One a processor. */
    public static final Threads ALL = new Threads(Runtime.getRuntime().availableProcessors());

    /** @throws IllegalArgumentException if the number is below 1 */
    public Threads {
        if (count < 1) {
            throw new IllegalArgumentException("at least one thread is needed, not " + count);
        }
    }

    static Threads parse(String text) {
        try {
            return new Threads(Integer.parseInt(text.strip()));
        } catch (IllegalArgumentException e) {
            throw new TypeConversionException("'" + text + "' is not a number of threads, 1 or more");
        }
    }
}
