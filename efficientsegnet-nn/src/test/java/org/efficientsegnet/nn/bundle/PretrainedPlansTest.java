// SPDX-License-Identifier: Apache-2.0
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
import java.util.HexFormat;
import java.util.Optional;
import org.efficientsegnet.files.Sha256;
import org.efficientsegnet.nn.network.PlanCompilation;
import org.efficientsegnet.nn.network.WeightedNetwork;
import org.efficientsegnet.nn.plan.PlanFile;
import org.junit.jupiter.api.Test;

/**
 * The plans that the library ships are those that its SameDiff graphs compile to. Every build that makes a jar runs this,
 * also one that skips tests. With {@code -Dplans=write} the build writes the plans, and the card's checksum, first.
 */
class PretrainedPlansTest {

    private static final Path RESOURCES = Path.of("src/main/resources/org/efficientsegnet/nn/pretrained");
    private static final String CARD = "MODEL_CARD.md";

    @Test
    void plansAreThoseOfTheGraphs() throws IOException {
        if ("write".equals(System.getProperty("efficientsegnet.plans"))) {
            writePlans();
        }
        FileModelBundle bundle = new ModelBundles().read(RESOURCES);
        assertCurrent(bundle.coarse());
        assertCurrent(bundle.fine());
        // The sums over the weights are believed when the bundle is read.
        FileModelBundle summedUp =
                FileModelBundle.of("abdomen-4", "2", bundle.pipeline(), bundle.coarse(), bundle.fine());
        assertEquals(summedUp.identity(), bundle.identity());
    }

    private static void writePlans() throws IOException {
        ObjectMapper json = new ObjectMapper();
        Path modelJson = RESOURCES.resolve("model.json");
        ObjectNode model = (ObjectNode) json.readTree(modelJson.toFile());
        model.remove("extra_files");
        write(json, model, modelJson);
        FileModelBundle bare = new ModelBundles().read(RESOURCES);
        list(model, CARD, Files.readAllBytes(RESOURCES.resolve(CARD)));
        plan(model, "coarse", bare.coarse());
        plan(model, "fine", bare.fine());
        write(json, model, modelJson);
    }

    private static void plan(ObjectNode model, String which, WeightedNetwork network) throws IOException {
        String weights = model.get(which).get("sha256").textValue();
        ObjectNode values = ((ObjectNode) model.get(which)).putObject("values");
        values.put("of_file", weights);
        values.put("sha256", HexFormat.of().formatHex(WeightsDigest.of(network.weights())));
        byte[] plan = PlanFile.toBytes(PlanCompilation.planOf(network), weights);
        String file = which + ".plan.json";
        Files.write(RESOURCES.resolve(file), plan);
        list(model, file, plan);
        String calibration = which + ".calibration.json";
        list(model, calibration, Files.readAllBytes(RESOURCES.resolve(calibration)));
    }

    private static void list(ObjectNode model, String file, byte[] content) {
        model.withObjectProperty("extra_files")
                .putObject(file)
                .put("bytes", content.length)
                .put("sha256", Sha256.of(content));
    }

    private static void write(ObjectMapper json, ObjectNode model, Path file) throws IOException {
        DefaultPrettyPrinter printer = new DefaultPrettyPrinter();
        printer.indentObjectsWith(new DefaultIndenter(" ", "\n"));
        printer.indentArraysWith(new DefaultIndenter(" ", "\n"));
        Files.writeString(file, json.writer(printer).writeValueAsString(model) + "\n");
    }

    private static void assertCurrent(WeightedNetwork network) {
        String remedy = "; write it with mvn -pl efficientsegnet-nn -am -DskipTests -Dplans=write package";
        assertTrue(network.plan().isPresent(), network.name() + " brings no plan" + remedy);
        WeightedNetwork bare = new WeightedNetwork(
                network.name(), network.spec(), network.inputSize(), network.weights(), Optional.empty());
        assertEquals(
                PlanCompilation.planOf(bare),
                network.plan().get(),
                "the plan of " + network.name() + " is not what its graph compiles to" + remedy);
    }
}
