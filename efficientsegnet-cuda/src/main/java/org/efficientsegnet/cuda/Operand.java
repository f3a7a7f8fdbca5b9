// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.cuda;

import org.efficientsegnet.nn.plan.PlanShapes;

/**
 * Feature maps as kernels read them: where they lie, and what is done to them while they are read. An instance norm
 * costs no pass over memory of its own this way.
 *
 * @param size their extent and channels
 * @param buffer which buffer of the arena they lie in
 * @param affine which buffer holds the scale and shift of every channel, {@link #NONE} if they are read as they are
 * @param relu whether ReLU follows
 */
record Operand(PlanShapes.FeatureShape size, int buffer, int affine, boolean relu) {

    /** No affine map. */
    static final int NONE = -1;

    /** Read as they are. */
    static Operand plain(PlanShapes.FeatureShape size, int buffer) {
        return new Operand(size, buffer, NONE, false);
    }

    /** The library's description of them. */
    long[] operand(Addresses addresses) {
        return new long[] {addresses.of(buffer), affine == NONE ? 0 : addresses.of(affine), relu ? 1 : 0};
    }

    /** z, y, x, channels. */
    int[] extents() {
        return new int[] {size.shape().z(), size.shape().y(), size.shape().x(), size.channels()};
    }

    long voxels() {
        return size.shape().voxels();
    }

    /** Where the buffers of an arena lie. */
    @FunctionalInterface
    interface Addresses {
        long of(int buffer);
    }
}
