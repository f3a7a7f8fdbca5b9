package com.example.reference;

import java.util.ServiceLoader;
import org.efficientsegnet.CancellationToken;
import org.efficientsegnet.nn.network.ContextKind;
import org.efficientsegnet.nn.network.InitialWeights;
import org.efficientsegnet.nn.network.NetworkSpec;
import org.efficientsegnet.nn.network.PlanCompilation;
import org.efficientsegnet.nn.network.WeightedNetwork;
import org.efficientsegnet.nn.train.run.PortableForm;
import org.efficientsegnet.spi.EngineOptions;
import org.efficientsegnet.spi.Network;
import org.efficientsegnet.spi.NetworkEngine;
import org.efficientsegnet.volume.Shape;

public class Reference {
    public static void main(String[] args) {
        NetworkSpec spec = NetworkSpec.builder().channels(4, 8).classes(3).context(ContextKind.NONE).build();
        System.out.println("as JSON and back: " + PortableForm.spec(PortableForm.of(spec)).equals(spec));
        Shape size = Shape.cube(16);
        WeightedNetwork bare = new WeightedNetwork("small", spec, size, InitialWeights.kaiming(spec, 1));
        WeightedNetwork network = bare.withPlan(PlanCompilation.planOf(bare));
        float[] input = new float[size.arrayLength()];
        for (int i = 0; i < input.length; i++) {
            input[i] = (float) Math.sin(0.1 * i);
        }
        float[] reference = run("samediff", network, input);
        float[] logits = run("onednn", network, input);
        double most = 0;
        for (int i = 0; i < logits.length; i++) {
            most = Math.max(most, Math.abs(logits[i] - reference[i]));
        }
        double greatest = 0;
        for (float logit : reference) {
            greatest = Math.max(greatest, Math.abs(logit));
        }
        System.out.println("both engines agree: " + (greatest > 0 && most < 1e-4 * greatest));
        boolean open = NetworkSpec.class
                .getModule()
                .isExported("org.efficientsegnet.nn.onednn", Reference.class.getModule());
        System.out.println("internals are " + (open ? "open" : "closed"));
    }

    private static float[] run(String name, WeightedNetwork network, float[] input) {
        NetworkEngine engine = ServiceLoader.load(NetworkEngine.class).stream()
                .map(ServiceLoader.Provider::get)
                .filter(found -> found.name().equals(name))
                .findFirst()
                .orElseThrow();
        System.out.println(name + " in " + engine.getClass().getModule() + ": " + engine.status().detail());
        float[] logits = new float[3 * input.length];
        EngineOptions options = new EngineOptions(
                org.efficientsegnet.Precision.FP32, 1, EngineOptions.Concurrency.QUEUE, false);
        try (Network loaded = engine.load(network, options)) {
            loaded.run(input, logits, new CancellationToken());
        }
        return logits;
    }
}
