// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet;

import org.efficientsegnet.spi.EngineOptions;
import org.efficientsegnet.spi.Network;
import org.efficientsegnet.spi.NetworkEngine;
import org.efficientsegnet.spi.NetworkModel;

/** Claims to be the best engine and fails when it is loaded. */
public final class BrokenEngine implements NetworkEngine {

    @Override
    public String name() {
        return "broken";
    }

    @Override
    public Status status() {
        return new Status(true, 1000, "tests");
    }

    @Override
    public String refuses(NetworkModel model, EngineOptions options) {
        return null;
    }

    @Override
    public Network load(NetworkModel model, EngineOptions options) {
        throw new SegmentationException("the natives are for another planet");
    }
}
