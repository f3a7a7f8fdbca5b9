// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn.training;

import java.util.function.Function;

/** What a run of a {@link TrainingProgram} is given and what it gives; its tasks read and write it. */
final class TrainingRunState {

    private float[] weights;
    private float[] image;
    private byte[] labels;
    private boolean[] known;
    private boolean[] rows;
    private long knownVoxels;
    private int knownRows;
    private double scale;
    private Function<String, float[]> dropout;
    private float[] gradient;
    private double loss;

    /**
     * What the next run is given.
     *
     * @param weights flat
     * @param image of one sample
     * @param labels of the same voxels
     * @param known which channels' labels are known; empty if all are
     * @param rows of which channels any voxel is known
     * @param knownVoxels how many voxels of channels are known in the whole batch
     * @param knownRows of how many channels of samples any voxel is known in the whole batch
     * @param scale of the loss that is differentiated
     * @param dropout gives the factors of the channels of a value that dropout follows
     * @param gradient receives the gradient, flat
     */
    void give(
            float[] weights,
            float[] image,
            byte[] labels,
            boolean[] known,
            boolean[] rows,
            long knownVoxels,
            int knownRows,
            double scale,
            Function<String, float[]> dropout,
            float[] gradient) {
        this.weights = weights;
        this.image = image;
        this.labels = labels;
        this.known = known;
        this.rows = rows;
        this.knownVoxels = knownVoxels;
        this.knownRows = knownRows;
        this.scale = scale;
        this.dropout = dropout;
        this.gradient = gradient;
    }

    float[] weights() {
        return weights;
    }

    float[] image() {
        return image;
    }

    byte[] labels() {
        return labels;
    }

    boolean[] known() {
        return known;
    }

    boolean isRowKnown(int channel) {
        return rows[channel];
    }

    long knownVoxels() {
        return knownVoxels;
    }

    int knownRows() {
        return knownRows;
    }

    double scale() {
        return scale;
    }

    /** Factors of the channels of a value. */
    float[] dropout(String value) {
        return dropout.apply(value);
    }

    float[] gradient() {
        return gradient;
    }

    double loss() {
        return loss;
    }

    void loss(double value) {
        loss = value;
    }
}
