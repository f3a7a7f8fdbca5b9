// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.labels;

/** Which neighbours of a voxel belong together with it, if they have its label. */
public enum Connectivity {

    /** The 6 that share a face. */
    FACES(6),

    /** The 18 that share a face or an edge. */
    EDGES(18),

    /** The 26 that share a face, an edge or a corner. */
    CORNERS(26);

    private final int neighbours;

    Connectivity(int neighbours) {
        this.neighbours = neighbours;
    }

    /** How many neighbours: 6, 18 or 26. */
    public int neighbours() {
        return neighbours;
    }

    /**
     * By the number of neighbours.
     *
     * @throws IllegalArgumentException if it is not 6, 18 or 26
     */
    public static Connectivity of(int neighbours) {
        for (Connectivity c : values()) {
            if (c.neighbours == neighbours) {
                return c;
            }
        }
        throw new IllegalArgumentException("voxels have 6, 18 or 26 neighbours, not " + neighbours);
    }

    /**
     * How far a run of voxels along x reaches beyond its ends to a run of a neighbouring row.
     *
     * @param axes along how many of z and y the rows lie apart, 1 or 2
     * @return 0, 1, or below zero if such rows are no neighbours
     */
    int reach(int axes) {
        return switch (this) {
            case FACES -> axes == 1 ? 0 : -1;
            case EDGES -> axes == 1 ? 1 : 0;
            case CORNERS -> 1;
        };
    }
}
