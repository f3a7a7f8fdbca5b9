// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train;

import org.efficientsegnet.spi.NetworkEngine;

/**
 * Differentiates networks on some kind of hardware. Found by {@link java.util.ServiceLoader}: a provider must load and
 * answer {@link #status} even where its natives or its dependencies are absent. Stateless and thread-safe.
 */
public interface GradientEngine {

    /** A short name to choose it by: {@code samediff}, {@code onednn}. */
    String name();

    /** Whether it can run here, and why or why not. Quick, without side effects that are seen. */
    NetworkEngine.Status status();

    /**
     * Whether it can differentiate a network.
     *
     * @return null if it can, else the reason, naming what it lacks
     */
    String refuses(GradientRequest request);

    /**
     * Makes a network with its loss ready to be differentiated.
     *
     * @return the function, which the caller closes
     * @throws org.efficientsegnet.SegmentationException if it cannot, with the reason
     */
    GradientFunction open(GradientRequest request);
}
