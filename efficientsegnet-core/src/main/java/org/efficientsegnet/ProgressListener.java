// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet;

/**
 * Told how far a run is. Called on the segmenting thread: a slow listener slows the run down, and what it throws ends the
 * run and reaches whoever started it; the segmenter works on for others. A listener can neither close the segmenter nor
 * start another run of it.
 */
@FunctionalInterface
public interface ProgressListener {

    /** Listens to nothing. */
    ProgressListener NONE = (stage, fraction) -> {};

    /**
     * A step has been made.
     *
     * @param stage the stage that is being worked on
     * @param fraction of the whole run that is done, 0 to 1, never falling
     */
    void progress(Stage stage, double fraction);
}
