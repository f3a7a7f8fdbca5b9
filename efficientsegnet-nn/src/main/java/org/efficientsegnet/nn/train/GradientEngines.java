// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.stream.Collectors;
import org.efficientsegnet.SegmentationException;

/** The engines that differentiate networks, and the choice among them. */
public final class GradientEngines {

    /** The name that leaves the choice to {@link #choose}. */
    public static final String AUTO = "auto";

    private static final Logger LOG = System.getLogger(GradientEngines.class.getName());

    private GradientEngines() {}

    /** Every engine on the class path, available or not, the best first. */
    public static List<GradientEngine> all() {
        List<GradientEngine> engines = new ArrayList<>();
        var providers = ServiceLoader.load(GradientEngine.class).iterator();
        while (true) {
            try {
                if (!providers.hasNext()) {
                    break;
                }
                engines.add(providers.next());
            } catch (ServiceConfigurationError | LinkageError e) {
                // A provider that is broken must not take those away that work.
                LOG.log(Level.WARNING, "a training engine could not be loaded: " + e.getMessage());
            }
        }
        engines.sort(
                Comparator.comparingInt((GradientEngine e) -> e.status().rank()).reversed());
        return engines;
    }

    /**
     * The engine of a name, or the best one that can differentiate a network.
     *
     * @param name the engine wished for, or {@link #AUTO}
     * @throws SegmentationException if none can, with the reason of each
     */
    public static GradientEngine choose(String name, GradientRequest request) {
        List<GradientEngine> engines = all();
        if (!name.equals(AUTO)) {
            List<GradientEngine> named =
                    engines.stream().filter(e -> e.name().equals(name)).toList();
            if (named.isEmpty()) {
                throw new SegmentationException("there is no training engine \"" + name
                        + "\" on the class path; there are: "
                        + engines.stream().map(GradientEngine::name).collect(Collectors.joining(", ")));
            }
            engines = named;
        }
        StringBuilder reasons = new StringBuilder();
        for (GradientEngine engine : engines) {
            String refusal = engine.status().available()
                    ? engine.refuses(request)
                    : engine.status().detail();
            if (refusal == null) {
                return engine;
            }
            reasons.append("; ").append(engine.name()).append(": ").append(refusal);
        }
        throw new SegmentationException("no engine can train the network"
                + (reasons.isEmpty() ? ": there is none on the class path" : reasons.toString()));
    }
}
