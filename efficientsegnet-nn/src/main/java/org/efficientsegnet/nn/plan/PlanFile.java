// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.plan;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.efficientsegnet.nn.weights.MalformedFileException;

/**
 * A plan as JSON beside the weights that it was compiled with. The checksum of the weights' file is in it, so that a
 * plan is not run on other weights.
 */
public final class PlanFile {

    private static final String FORMAT = "efficientsegnet-plan";
    private static final int VERSION = 1;
    private static final String REMEDY = "compile the plan again with this library and these weights";

    private static final ObjectMapper JSON = new ObjectMapper()
            .enable(SerializationFeature.INDENT_OUTPUT)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .setDefaultPropertyInclusion(JsonInclude.Include.NON_NULL);

    private PlanFile() {}

    private record Content(
            @JsonProperty("format") String format,
            @JsonProperty("version") int version,
            @JsonProperty("weights_sha256") String weightsSha256,
            @JsonProperty("plan") Plan plan) {}

    /**
     * A plan as the bytes of a file; the same plan gives the same bytes.
     *
     * @param weightsSha256 of the weights' file, 64 hexadecimal digits
     */
    public static byte[] toBytes(Plan plan, String weightsSha256) {
        try {
            return (JSON.writeValueAsString(new Content(FORMAT, VERSION, weightsSha256, plan)) + "\n")
                    .getBytes(StandardCharsets.UTF_8);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a plan always has a JSON form", e);
        }
    }

    /**
     * Reads a plan.
     *
     * @param name of the file, for messages
     * @param weightsSha256 of the weights' file that lies beside it
     * @throws MalformedFileException if it is no plan, of another version, or was compiled with other weights
     */
    public static Plan fromBytes(String name, byte[] file, String weightsSha256) throws MalformedFileException {
        Content content;
        try {
            content = JSON.readValue(file, Content.class);
        } catch (IOException e) {
            throw new MalformedFileException(name, "plan", e.getMessage(), REMEDY, e);
        }
        boolean whole = content != null && content.plan() != null;
        new FileHeader(FORMAT, VERSION, weightsSha256)
                .require(
                        name,
                        whole ? new FileHeader(content.format(), content.version(), content.weightsSha256()) : null,
                        REMEDY);
        return content.plan();
    }
}
