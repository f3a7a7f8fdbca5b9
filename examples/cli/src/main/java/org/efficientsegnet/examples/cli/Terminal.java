// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.cli;

import java.io.Console;

/** Whether a person is watching. */
final class Terminal {

    private Terminal() {}

    /** Whether the program talks to a terminal that can move its cursor. */
    static boolean isInteractive() {
        Console console = System.console();
        String type = System.getenv("TERM");
        return console != null && isTerminal(console) && type != null && !type.equals("dumb");
    }

    /** From Java 22 on there is a console even when input or output are redirected, and a method that tells. */
    private static boolean isTerminal(Console console) {
        try {
            return (boolean) Console.class.getMethod("isTerminal").invoke(console);
        } catch (NoSuchMethodException e) {
            return true;
        } catch (ReflectiveOperationException e) {
            return false;
        }
    }
}
