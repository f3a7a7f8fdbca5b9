package org.efficientsegnet.nn.bundle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.efficientsegnet.files.Sha256;
import org.efficientsegnet.nn.network.WeightedNetwork;
import org.efficientsegnet.nn.plan.PlanCompilation;
import org.efficientsegnet.nn.plan.PlanFile;
import org.junit.jupiter.api.Test;

/**
 * The bundle that is part of the library brings its compiled networks. When its weights or the compiler change, the
 * plans are written again by this test with {@code -DargLine=-Defficientsegnet.updatePlans=true}.
 */
class PretrainedPlansTest {

    private static final Path RESOURCES = Path.of("src/main/resources/org/efficientsegnet/nn/pretrained");

    @Test
    void plansAreThoseOfTheNetworks() throws IOException {
        ObjectMapper json = new ObjectMapper();
        Path modelJson = RESOURCES.resolve("model.json");
        ObjectNode model = (ObjectNode) json.readTree(modelJson.toFile());
        if (Boolean.getBoolean("efficientsegnet.updatePlans")) {
            model.remove("extra_files");
            write(json, model, modelJson);
            FileModelBundle bare = new ModelBundles().read(RESOURCES);
            update(model, "coarse", bare.coarse());
            update(model, "fine", bare.fine());
            write(json, model, modelJson);
        }
        FileModelBundle bundle = new ModelBundles().read(RESOURCES);
        assertCurrent(bundle.coarse());
        assertCurrent(bundle.fine());
    }

    private static void update(ObjectNode model, String which, WeightedNetwork network) throws IOException {
        String weights = model.get(which).get("sha256").textValue();
        byte[] plan = PlanFile.toBytes(PlanCompilation.planOf(network), weights);
        String file = which + ".plan.json";
        Files.write(RESOURCES.resolve(file), plan);
        model.withObjectProperty("extra_files")
                .putObject(file)
                .put("bytes", plan.length)
                .put("sha256", Sha256.of(plan));
    }

    private static void write(ObjectMapper json, ObjectNode model, Path file) throws IOException {
        DefaultPrettyPrinter printer = new DefaultPrettyPrinter();
        printer.indentObjectsWith(new DefaultIndenter(" ", "\n"));
        printer.indentArraysWith(new DefaultIndenter(" ", "\n"));
        Files.writeString(file, json.writer(printer).writeValueAsString(model) + "\n");
    }

    private static void assertCurrent(WeightedNetwork network) {
        assertTrue(network.plan().isPresent(), network.name() + " brings no plan");
        WeightedNetwork bare = new WeightedNetwork(
                network.name(), network.spec(), network.inputSize(), network.weights(), Optional.empty());
        assertEquals(PlanCompilation.planOf(bare), network.plan().get(), "the plan is out of date");
    }
}
