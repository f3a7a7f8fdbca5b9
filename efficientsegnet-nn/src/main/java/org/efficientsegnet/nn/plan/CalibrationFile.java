// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.plan;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.efficientsegnet.nn.weights.MalformedFileException;

/** A calibration as JSON beside the weights that it was found with, tied to them by their file's checksum. */
public final class CalibrationFile {

    private static final String FORMAT = "efficientsegnet-calibration";
    private static final int VERSION = 1;
    private static final String REMEDY = "calibrate these weights again";

    private static final ObjectMapper JSON = new ObjectMapper()
            .enable(SerializationFeature.INDENT_OUTPUT)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES);

    private CalibrationFile() {}

    private record Content(
            @JsonProperty("format") String format,
            @JsonProperty("version") int version,
            @JsonProperty("weights_sha256") String weightsSha256,
            @JsonProperty("largest") Map<String, Float> largest) {}

    /**
     * A calibration as the bytes of a file; the same calibration gives the same bytes.
     *
     * @param weightsSha256 of the weights' file, 64 hexadecimal digits
     */
    public static byte[] toBytes(Calibration calibration, String weightsSha256) {
        try {
            Content content = new Content(FORMAT, VERSION, weightsSha256, calibration.largest());
            return (JSON.writeValueAsString(content) + "\n").getBytes(StandardCharsets.UTF_8);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a calibration always has a JSON form", e);
        }
    }

    /**
     * Reads a calibration.
     *
     * @param name of the file, for messages
     * @param weightsSha256 of the weights' file that lies beside it
     * @throws MalformedFileException if it is no calibration, of another version, or was found with other weights
     */
    public static Calibration fromBytes(String name, byte[] file, String weightsSha256) throws MalformedFileException {
        Content content;
        try {
            content = JSON.readValue(file, Content.class);
        } catch (IOException e) {
            throw new MalformedFileException(name, "calibration", e.getMessage(), REMEDY, e);
        }
        boolean whole = content != null && content.largest() != null;
        new FileHeader(FORMAT, VERSION, weightsSha256)
                .require(
                        name,
                        whole ? new FileHeader(content.format(), content.version(), content.weightsSha256()) : null,
                        REMEDY);
        try {
            return new Calibration(content.largest());
        } catch (IllegalArgumentException e) {
            throw new MalformedFileException(name, "largest", e.getMessage(), REMEDY, e);
        }
    }
}
