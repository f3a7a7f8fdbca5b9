// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.pipeline;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.function.BiFunction;
import java.util.stream.Collectors;
import org.efficientsegnet.SegmentationException;
import org.efficientsegnet.SegmenterLoadException;
import org.efficientsegnet.parallel.Background;
import org.efficientsegnet.spi.EngineOptions;
import org.efficientsegnet.spi.ModelBundle;
import org.efficientsegnet.spi.Network;
import org.efficientsegnet.spi.NetworkEngine;
import org.efficientsegnet.spi.NetworkModel;

/** The engines on the class path, and the choice among them. */
public final class Engines {

    private static final Logger LOG = System.getLogger(Engines.class.getName());

    private Engines() {}

    /** Every engine on the class path, available or not, the best first. */
    public static List<NetworkEngine> all() {
        List<NetworkEngine> engines = new ArrayList<>(Services.all(
                NetworkEngine.class, e -> LOG.log(Level.WARNING, "an engine could not be loaded: " + e.getMessage())));
        engines.sort(
                Comparator.comparingInt((NetworkEngine e) -> e.status().rank()).reversed());
        return engines;
    }

    /**
     * Both networks of a model, on one engine.
     *
     * @param engine the engine's name
     * @param coarse finds the region
     * @param fine segments it
     * @param reason why this engine was chosen, and why the better ranked ones were not
     */
    public record Loaded(String engine, Network coarse, Network fine, String reason) implements AutoCloseable {
        @Override
        public void close() {
            try {
                coarse.close();
            } finally {
                fine.close();
            }
        }
    }

    /**
     * Loads a model's networks on the engine of the given name, or on the best one that can run them.
     *
     * @param name the engine wished for, null to choose
     * @return the networks, which the caller closes
     * @throws SegmenterLoadException if no engine can, with the reason of each
     */
    public static Loaded load(ModelBundle bundle, String name, EngineOptions options) {
        return load(all(), bundle, name, options);
    }

    /** As {@link #load(ModelBundle, String, EngineOptions)}, of these engines, the best first. */
    public static Loaded load(List<NetworkEngine> all, ModelBundle bundle, String name, EngineOptions options) {
        return choose(
                all,
                name,
                List.of(bundle.coarse(), bundle.fine()),
                options,
                (engine, passedOver) -> load(engine, bundle, options, passedOver));
    }

    /**
     * Loads one network on the best engine that can run it.
     *
     * @return the network, which the caller closes
     * @throws SegmentationException if no engine can, with the reason of each
     */
    public static Network load(NetworkModel model, EngineOptions options) {
        return choose(all(), null, List.of(model), options, (engine, passedOver) -> engine.load(model, options));
    }

    private static <T> T choose(
            List<NetworkEngine> all,
            String name,
            List<NetworkModel> models,
            EngineOptions options,
            BiFunction<NetworkEngine, List<String>, T> loader) {
        List<NetworkEngine> engines = all;
        if (name != null) {
            List<NetworkEngine> named =
                    engines.stream().filter(e -> e.name().equals(name)).toList();
            if (named.isEmpty()) {
                throw new SegmenterLoadException("there is no engine \"" + name + "\" on the class path; there are: "
                        + engines.stream().map(NetworkEngine::name).collect(Collectors.joining(", ")));
            }
            engines = named;
        }
        List<String> reasons = new ArrayList<>();
        for (NetworkEngine engine : engines) {
            String refusal = refusal(engine, models, options);
            if (refusal == null) {
                try {
                    return loader.apply(engine, reasons);
                } catch (SegmentationException | LinkageError e) {
                    if (name != null) {
                        throw new SegmenterLoadException(e.getMessage(), e);
                    }
                    refusal = "failed to load: " + e.getMessage();
                }
            }
            reasons.add(engine.name() + ": " + refusal);
            LOG.log(Level.INFO, "engine " + engine.name() + " is not used: " + refusal);
        }
        throw new SegmenterLoadException("no engine can run the model" + (name == null ? "" : " as wished") + "; "
                + (reasons.isEmpty()
                        ? "there is none on the class path (add org.efficientsegnet:efficientsegnet-nn)"
                        : String.join("; ", reasons)));
    }

    private static String refusal(NetworkEngine engine, List<NetworkModel> models, EngineOptions options) {
        NetworkEngine.Status status = engine.status();
        if (!status.available()) {
            return status.detail();
        }
        return models.stream()
                .map(model -> engine.refuses(model, options))
                .filter(Objects::nonNull)
                .findFirst()
                .orElse(null);
    }

    private static Loaded load(
            NetworkEngine engine, ModelBundle bundle, EngineOptions options, List<String> passedOver) {
        Background<Network> loading =
                engine.loadsInParallel() ? Background.start(() -> engine.load(bundle.fine(), options)) : null;
        Network coarse;
        try {
            coarse = engine.load(bundle.coarse(), options);
        } catch (RuntimeException | Error e) {
            if (loading != null) {
                loading.abandon(Network::close);
            }
            throw e;
        }
        try {
            Network fine = loading == null ? engine.load(bundle.fine(), options) : loading.join(RuntimeException.class);
            String reason = engine.name() + ": " + engine.status().detail()
                    + (passedOver.isEmpty() ? "" : " (passed over: " + String.join("; ", passedOver) + ")");
            return new Loaded(engine.name(), coarse, fine, reason);
        } catch (RuntimeException | Error e) {
            coarse.close();
            throw e;
        }
    }
}
