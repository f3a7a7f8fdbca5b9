package org.efficientsegnet;

/** Told how far a run is. Called on the segmenting thread; slow listeners slow the run down. */
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
