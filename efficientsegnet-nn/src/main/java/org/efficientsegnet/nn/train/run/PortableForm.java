// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.run;

import com.fasterxml.jackson.annotation.JsonAutoDetect.Visibility;
import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.annotation.PropertyAccessor;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import org.efficientsegnet.nn.network.NetworkSpec;
import org.efficientsegnet.volume.Orientation;

/**
 * What a training is made of as JSON, for files and for other processes with the same version of the library. Every
 * field must be there, and none that is not known.
 */
public final class PortableForm {

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
            // Records have methods that look like properties.
            .visibility(PropertyAccessor.FIELD, Visibility.ANY)
            .disable(MapperFeature.AUTO_DETECT_GETTERS)
            .disable(MapperFeature.AUTO_DETECT_IS_GETTERS)
            .addMixIn(Orientation.class, OrientationCode.class)
            .build();

    private PortableForm() {}

    private abstract static class OrientationCode {
        @JsonCreator
        static Orientation of(String code) {
            return Orientation.of(code);
        }

        @Override
        @JsonValue
        public abstract String toString();
    }

    /** A task as JSON. */
    public static byte[] of(TrainingTask task) {
        return write(task);
    }

    /** Options as JSON. */
    public static byte[] of(TrainingOptions options) {
        return write(options);
    }

    /** A specification as JSON. */
    public static byte[] of(NetworkSpec spec) {
        return write(spec);
    }

    /**
     * A task from its JSON.
     *
     * @throws IllegalArgumentException if it is none; the message names the field
     */
    public static TrainingTask task(byte[] json) {
        return read(json, TrainingTask.class);
    }

    /**
     * Options from their JSON.
     *
     * @throws IllegalArgumentException if they are none; the message names the field
     */
    public static TrainingOptions options(byte[] json) {
        return read(json, TrainingOptions.class);
    }

    /**
     * A specification from its JSON.
     *
     * @throws IllegalArgumentException if it is none; the message names the field
     */
    public static NetworkSpec spec(byte[] json) {
        return read(json, NetworkSpec.class);
    }

    private static byte[] write(Object value) {
        try {
            return JSON.writeValueAsBytes(value);
        } catch (JsonProcessingException e) {
            throw new AssertionError("records of numbers, strings and records can be written", e);
        }
    }

    private static <T> T read(byte[] json, Class<T> type) {
        try {
            return JSON.readValue(json, type);
        } catch (JsonMappingException e) {
            throw new IllegalArgumentException(
                    "not a " + type.getSimpleName() + ": " + field(e) + e.getOriginalMessage(), e);
        } catch (IOException e) {
            throw new IllegalArgumentException("not a " + type.getSimpleName() + ": " + e.getMessage(), e);
        }
    }

    private static String field(JsonMappingException e) {
        return e.getPath().stream()
                .map(part -> part.getFieldName() == null ? "[" + part.getIndex() + "]" : part.getFieldName())
                .reduce((above, below) -> above + "." + below)
                .map(path -> path + ": ")
                .orElse("");
    }
}
