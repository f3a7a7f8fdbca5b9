// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn.training;

import java.util.ArrayList;
import java.util.List;

/**
 * Tasks that do not depend on each other. Before them comes what one worker alone has to do with the results of the
 * phase before.
 */
final class Phase {

    private final String name;
    private final List<Runnable> before = new ArrayList<>();
    private final List<Task> tasks = new ArrayList<>();

    /** A part of a phase, which one worker does. */
    @FunctionalInterface
    interface Task {
        /** @param worker which one */
        void run(int worker);
    }

    Phase(String name) {
        this.name = name;
    }

    /** What is computed, for tables. */
    String name() {
        return name;
    }

    /** Adds something that one worker does before the tasks. */
    void before(Runnable work) {
        before.add(work);
    }

    /** Adds a task. */
    void task(Task task) {
        tasks.add(task);
    }

    List<Runnable> before() {
        return before;
    }

    List<Task> tasks() {
        return tasks;
    }
}
