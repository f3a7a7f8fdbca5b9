// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.weights;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.io.JsonEOFException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads safetensors from a stream; see {@link Safetensors}. */
final class SafetensorsReader {

    static final String METADATA = "__metadata__";

    private static final int MOST_HEADER_BYTES = 8 << 20;
    private static final int MOST_ARRAYS = 1 << 14;
    private static final int MOST_AXES = 32;

    private static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(4)
                    .maxNumberLength(20)
                    .maxNameLength(1 << 12)
                    .maxStringLength(MOST_HEADER_BYTES)
                    .build())
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    /** An array's line in the header; begin and end count bytes from the first array's first. */
    private record Line(String name, DType dtype, int[] shape, long begin, long end) {}

    private final String file;
    private final InputStream in;
    private final Map<String, String> metadata = new LinkedHashMap<>();
    private final List<Line> lines = new ArrayList<>();

    private SafetensorsReader(String file, InputStream in) {
        this.file = file;
        this.in = in;
    }

    static Safetensors read(String file, InputStream in, long length) throws IOException {
        return new SafetensorsReader(file, in).read(length);
    }

    private Safetensors read(long length) throws IOException {
        if (length < 8) {
            throw malformed("header length", "the file has " + length + " bytes, its header alone needs more");
        }
        byte[] first = in.readNBytes(8);
        if (first.length < 8) {
            throw malformed("header length", "the file ends after " + first.length + " bytes");
        }
        long headerLength =
                ByteBuffer.wrap(first).order(ByteOrder.LITTLE_ENDIAN).getLong();
        if (headerLength < 2 || headerLength > length - 8) {
            throw malformed(
                    "header length",
                    Long.toUnsignedString(headerLength) + " bytes in a file of " + length
                            + " bytes: truncated or not a safetensors file");
        }
        if (headerLength > MOST_HEADER_BYTES) {
            throw malformed("header length", headerLength + " bytes are more than the limit of " + MOST_HEADER_BYTES);
        }
        byte[] header = in.readNBytes((int) headerLength);
        if (header.length < headerLength) {
            throw malformed("header", "the file ends within it");
        }
        parse(header);
        lines.sort(Comparator.comparingLong(Line::begin).thenComparingLong(Line::end));
        checkPlaces(length - 8 - headerLength);
        return new Safetensors(metadata, readArrays());
    }

    private void parse(byte[] header) throws IOException {
        if (header[0] != '{') {
            throw malformed("header", "it does not begin with { and so is not a safetensors header");
        }
        InputStreamReader reader = new InputStreamReader(
                new ByteArrayInputStream(header),
                StandardCharsets.UTF_8
                        .newDecoder()
                        .onMalformedInput(CodingErrorAction.REPORT)
                        .onUnmappableCharacter(CodingErrorAction.REPORT));
        try (JsonParser json = JSON.createParser(reader)) {
            json.nextToken();
            while (json.nextToken() != JsonToken.END_OBJECT) {
                String name = json.currentName();
                json.nextToken();
                if (name.equals(METADATA)) {
                    parseMetadata(json);
                } else {
                    if (lines.size() == MOST_ARRAYS) {
                        throw malformed("header", "more than the limit of " + MOST_ARRAYS + " arrays");
                    }
                    lines.add(parseLine(name, json));
                }
            }
            if (json.nextToken() != null) {
                throw malformed("header", "something follows its closing }");
            }
        } catch (JsonEOFException e) {
            throw malformed("header", "it is cut short", e);
        } catch (JsonProcessingException e) {
            throw malformed("header", e.getOriginalMessage(), e);
        } catch (CharacterCodingException e) {
            throw malformed("header", "it is not UTF-8", e);
        }
    }

    private void parseMetadata(JsonParser json) throws IOException {
        require(json, JsonToken.START_OBJECT, METADATA, "it must be an object of strings");
        while (json.nextToken() != JsonToken.END_OBJECT) {
            String key = json.currentName();
            json.nextToken();
            require(json, JsonToken.VALUE_STRING, METADATA + "." + key, "it must be a string");
            metadata.put(key, json.getText());
        }
    }

    private Line parseLine(String name, JsonParser json) throws IOException {
        require(json, JsonToken.START_OBJECT, name, "it must be an object with dtype, shape and data_offsets");
        DType dtype = null;
        long[] shape = null;
        long[] offsets = null;
        while (json.nextToken() != JsonToken.END_OBJECT) {
            String key = json.currentName();
            json.nextToken();
            switch (key) {
                case "dtype" -> {
                    require(json, JsonToken.VALUE_STRING, name + ".dtype", "it must be a string");
                    String type = json.getText();
                    dtype = DType.named(type)
                            .orElseThrow(() -> malformed(
                                    name + ".dtype",
                                    "\"" + type + "\" is not one of " + Arrays.toString(DType.values())));
                }
                case "shape" -> shape = parseNumbers(name + ".shape", json);
                case "data_offsets" -> offsets = parseNumbers(name + ".data_offsets", json);
                default -> throw malformed(name + "." + key, "the format knows no such key");
            }
        }
        if (dtype == null || shape == null || offsets == null) {
            throw malformed(name, "dtype, shape and data_offsets are needed, and one is missing");
        }
        return line(name, dtype, shape, offsets);
    }

    private Line line(String name, DType dtype, long[] shape, long[] offsets) throws MalformedFileException {
        if (offsets.length != 2 || offsets[0] > offsets[1]) {
            throw malformed(name + ".data_offsets", Arrays.toString(offsets) + " is not a begin and an end");
        }
        int[] extents = new int[shape.length];
        long elements = 1;
        for (int axis = 0; axis < shape.length; axis++) {
            if (shape[axis] > Integer.MAX_VALUE) {
                throw malformed(name + ".shape", "the extent " + shape[axis] + " is more than an array can hold");
            }
            extents[axis] = (int) shape[axis];
            // Neither factor is 2^31 or more, as long as the product before was not.
            elements *= extents[axis];
            if (elements > Elements.MOST) {
                throw malformed(name + ".shape", Arrays.toString(shape) + " is more than an array can hold");
            }
        }
        if (offsets[1] - offsets[0] != elements * dtype.bytes()) {
            throw malformed(
                    name + ".data_offsets",
                    Arrays.toString(offsets) + " is not the size of " + Arrays.toString(shape) + " elements of "
                            + dtype);
        }
        return new Line(name, dtype, extents, offsets[0], offsets[1]);
    }

    private long[] parseNumbers(String field, JsonParser json) throws IOException {
        require(json, JsonToken.START_ARRAY, field, "it must be a list of whole numbers");
        long[] numbers = new long[5];
        int count = 0;
        while (json.nextToken() != JsonToken.END_ARRAY) {
            require(json, JsonToken.VALUE_NUMBER_INT, field, "it must be a list of whole numbers");
            if (count == MOST_AXES) {
                throw malformed(field, "more than " + MOST_AXES + " numbers");
            }
            if (json.getNumberType() == JsonParser.NumberType.BIG_INTEGER) {
                throw malformed(field, json.getText() + " is more than 63 bits");
            }
            if (count == numbers.length) {
                numbers = Arrays.copyOf(numbers, MOST_AXES);
            }
            numbers[count] = json.getLongValue();
            if (numbers[count] < 0) {
                throw malformed(field, numbers[count] + " is below zero");
            }
            count++;
        }
        return Arrays.copyOf(numbers, count);
    }

    private void checkPlaces(long dataLength) throws MalformedFileException {
        long expected = 0;
        for (Line line : lines) {
            if (line.begin() < expected) {
                throw malformed(line.name() + ".data_offsets", "it overlaps the array before it");
            }
            if (line.begin() > expected) {
                throw malformed(
                        line.name() + ".data_offsets",
                        "it leaves a hole of " + (line.begin() - expected) + " bytes before it");
            }
            expected = line.end();
        }
        if (expected != dataLength) {
            throw malformed(
                    lines.isEmpty() ? "header" : lines.get(lines.size() - 1).name() + ".data_offsets",
                    "the arrays end at byte " + expected + " of " + dataLength + " that the file has for them");
        }
    }

    private Map<String, Safetensors.Entry> readArrays() throws IOException {
        Map<String, Safetensors.Entry> entries = new LinkedHashMap<>();
        byte[] chunk = new byte[Elements.CHUNK];
        for (Line line : lines) {
            int count = (int) ((line.end() - line.begin()) / line.dtype().bytes());
            Object values = Elements.allocate(line.dtype(), count);
            int perChunk = Elements.CHUNK / line.dtype().bytes();
            for (int at = 0; at < count; at += perChunk) {
                int n = Math.min(perChunk, count - at);
                int bytes = n * line.dtype().bytes();
                if (in.readNBytes(chunk, 0, bytes) < bytes) {
                    throw malformed(line.name(), "the file ends within its values");
                }
                Elements.decode(line.dtype(), chunk, bytes, values, at, n);
            }
            entries.put(line.name(), new Safetensors.Entry(line.dtype(), line.shape(), values));
        }
        if (in.read() >= 0) {
            throw malformed("end", "bytes follow the last array");
        }
        return entries;
    }

    private void require(JsonParser json, JsonToken token, String field, String reason) throws IOException {
        if (json.currentToken() != token) {
            throw malformed(field, reason);
        }
    }

    private MalformedFileException malformed(String field, String reason) {
        return new MalformedFileException(file, field, reason, "get the file again, or write it anew");
    }

    private MalformedFileException malformed(String field, String reason, Exception cause) {
        MalformedFileException exception = malformed(field, reason);
        exception.initCause(cause);
        return exception;
    }
}
