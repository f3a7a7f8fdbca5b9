// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.bundle;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;
import org.efficientsegnet.nn.network.NetworkSpec;
import org.efficientsegnet.nn.network.WeightedNetwork;
import org.efficientsegnet.nn.plan.Plan;

/** The compiled plans of the networks that the library brings, for any number of classes. */
public final class ShippedPlans {

    private ShippedPlans() {}

    /**
     * The plan of a network, if it is one of those that the library brings but for the number of its classes. It needs
     * no ND4J.
     */
    public static Optional<Plan> of(NetworkSpec spec) {
        FileModelBundle bundle;
        try {
            bundle = new ModelBundles().pretrained();
        } catch (IOException e) {
            throw new UncheckedIOException("the pretrained networks cannot be read from the class path", e);
        }
        for (WeightedNetwork network : List.of(bundle.fine(), bundle.coarse())) {
            if (network.spec().withClasses(spec.classes()).equals(spec)) {
                return network.plan().map(plan -> plan.withClasses(spec.classes()));
            }
        }
        return Optional.empty();
    }
}
