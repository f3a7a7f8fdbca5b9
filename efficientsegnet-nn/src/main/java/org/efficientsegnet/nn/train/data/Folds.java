// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.data;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;

/** Which cases are trained on, which are held back, and in which order they come. The same seed gives the same answer. */
public final class Folds {

    private Folds() {}

    /**
     * A division of the cases.
     *
     * @param training those that are trained on
     * @param validation those that are held back
     */
    public record Split(List<String> training, List<String> validation) {
        /** Copies the lists. */
        public Split {
            training = List.copyOf(training);
            validation = List.copyOf(validation);
        }
    }

    /**
     * One of several divisions, such that every case is held back in exactly one of them. The first of five is the
     * division into 80 and 20 percent.
     *
     * @param ids the cases, in any order
     * @param folds how many divisions there are
     * @param fold which one, from 0
     * @param seed shuffles the cases
     * @throws IllegalArgumentException if there are fewer cases than folds, or no such fold
     */
    public static Split split(Collection<String> ids, int folds, int fold, long seed) {
        List<String> order = new ArrayList<>(new TreeSet<>(ids));
        if (folds < 2 || fold < 0 || fold >= folds) {
            throw new IllegalArgumentException("there is no fold " + fold + " of " + folds
                    + ": there are two or more, counted from 0, or 0 folds (--folds 0) to hold none back");
        }
        if (order.size() < folds) {
            throw new IllegalArgumentException("cases cannot be divided into " + folds + " folds where there are "
                    + order.size() + "; ask for fewer folds (--folds), or for 0 to hold none back");
        }
        Collections.shuffle(order, new Random(seed));
        List<String> training = new ArrayList<>();
        List<String> validation = new ArrayList<>();
        for (int i = 0; i < order.size(); i++) {
            (i % folds == fold ? validation : training).add(order.get(i));
        }
        Collections.sort(training);
        Collections.sort(validation);
        return new Split(training, validation);
    }

    /**
     * The cases of an epoch in the order in which they are drawn.
     *
     * @param ids the cases that are trained on
     * @param hard those that are drawn several times, such as pathological ones
     * @param times how often
     * @param seed of the training
     * @param epoch number of the epoch
     */
    public static List<String> epoch(List<String> ids, Set<String> hard, int times, long seed, int epoch) {
        List<String> order = new ArrayList<>();
        for (String id : ids) {
            for (int i = 0; i < (hard.contains(id) ? times : 1); i++) {
                order.add(id);
            }
        }
        Collections.shuffle(order, new Random(Seeds.mix(seed, epoch)));
        return order;
    }
}
