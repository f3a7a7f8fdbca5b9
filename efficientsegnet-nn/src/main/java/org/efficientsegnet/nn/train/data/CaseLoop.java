// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.data;

import java.io.IOException;
import java.util.List;
import java.util.SortedMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.efficientsegnet.parallel.Parallelism;

/** Goes through the cases of a data set; whatever is wrong with one of them does not cost the others. */
public final class CaseLoop {

    private CaseLoop() {}

    /** What is done with a case. */
    @FunctionalInterface
    public interface Work {
        /** @param index of the case, from 0 */
        void on(int index) throws IOException;
    }

    /**
     * Goes through all of them.
     *
     * @param ids the cases' names
     * @param p the threads; each works on a case of its own
     * @param listener is told of every case; what it throws ends the loop
     * @param work is called once a case, by several threads at once
     * @return which cases failed and why, by name
     */
    public static SortedMap<String, String> run(
            List<String> ids, Parallelism p, Preparation.Listener listener, Work work) {
        SortedMap<String, String> problems = new ConcurrentSkipListMap<>();
        AtomicInteger done = new AtomicInteger();
        p.forRange(ids.size(), (from, to) -> {
            for (int i = from; i < to; i++) {
                String problem = null;
                try {
                    work.on(i);
                } catch (IOException | RuntimeException e) {
                    problem = e.getMessage() == null ? e.toString() : e.getMessage();
                    problems.put(ids.get(i), problem);
                }
                listener.done(ids.get(i), done.incrementAndGet(), ids.size(), problem);
            }
        });
        return problems;
    }
}
