// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.bundle;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.efficientsegnet.nn.weights.MalformedFileException;

/** An object of a JSON configuration; every error names the file and the field. Not thread-safe. */
final class ConfigurationFields {

    private final String file;
    private final String path;
    private final JsonNode node;

    ConfigurationFields(String file, String path, JsonNode node) throws MalformedFileException {
        this.file = file;
        this.path = path;
        this.node = node;
        if (node == null || !node.isObject()) {
            throw malformed("", "it must be an object");
        }
    }

    boolean has(String key) {
        return node.hasNonNull(key);
    }

    ConfigurationFields object(String key) throws MalformedFileException {
        return new ConfigurationFields(file, name(key), require(key));
    }

    /** The objects of an object, by key in alphabetical order; none if it is absent. */
    Map<String, ConfigurationFields> objects(String key) throws MalformedFileException {
        Map<String, ConfigurationFields> objects = new TreeMap<>();
        if (has(key)) {
            ConfigurationFields parent = object(key);
            for (Map.Entry<String, JsonNode> entry : parent.node.properties()) {
                objects.put(entry.getKey(), parent.object(entry.getKey()));
            }
        }
        return objects;
    }

    /** The objects of a list, in its order; none if it is absent. */
    List<ConfigurationFields> objectList(String key, int maximumCount) throws MalformedFileException {
        List<ConfigurationFields> objects = new ArrayList<>();
        if (has(key)) {
            for (JsonNode value : list(key, maximumCount)) {
                objects.add(new ConfigurationFields(file, name(key), value));
            }
        }
        return objects;
    }

    String text(String key) throws MalformedFileException {
        JsonNode value = require(key);
        if (!value.isTextual()) {
            throw malformed(key, "it must be a string");
        }
        return value.textValue();
    }

    String text(String key, String otherwise) throws MalformedFileException {
        return has(key) ? text(key) : otherwise;
    }

    long integer(String key, long least, long most) throws MalformedFileException {
        return integer(key, require(key), least, most);
    }

    double number(String key, double least, double most) throws MalformedFileException {
        return number(key, require(key), least, most);
    }

    List<Integer> integers(String key, int least, int most, int maximumCount) throws MalformedFileException {
        List<Integer> values = new ArrayList<>();
        for (JsonNode value : list(key, maximumCount)) {
            values.add((int) integer(key, value, least, most));
        }
        return values;
    }

    List<Double> numbers(String key, double least, double most, int maximumCount) throws MalformedFileException {
        List<Double> values = new ArrayList<>();
        for (JsonNode value : list(key, maximumCount)) {
            values.add(number(key, value, least, most));
        }
        return values;
    }

    List<String> texts(String key, int maximumCount) throws MalformedFileException {
        List<String> values = new ArrayList<>();
        for (JsonNode value : list(key, maximumCount)) {
            if (!value.isTextual()) {
                throw malformed(key, "each entry must be a string");
            }
            values.add(value.textValue());
        }
        return values;
    }

    /** Demands that a field, if it is there, has the one value that this version can work with. */
    void fixed(String key, Object only) throws MalformedFileException {
        if (!has(key)) {
            return;
        }
        JsonNode value = node.get(key);
        Object found = value.isTextual()
                ? value.textValue()
                : value.isBoolean() ? (Object) value.booleanValue() : value.isNumber() ? value.doubleValue() : value;
        Object expected = only instanceof Number number ? (Object) number.doubleValue() : only;
        if (!expected.equals(found)) {
            throw malformed(key, value + " is not supported, only " + only);
        }
    }

    /** The constant that a text names. */
    <E> E constant(E[] constants, Function<E, String> name, String key) throws MalformedFileException {
        String text = text(key);
        for (E constant : constants) {
            if (name.apply(constant).equals(text)) {
                return constant;
            }
        }
        throw malformed(
                key,
                "\"" + text + "\" is not one of "
                        + Arrays.stream(constants).map(name).sorted().collect(Collectors.joining(", ")));
    }

    MalformedFileException malformed(String key, String reason) {
        return new MalformedFileException(file, name(key), reason, "correct it, or get the bundle again");
    }

    private JsonNode list(String key, int maximumCount) throws MalformedFileException {
        JsonNode list = require(key);
        if (!list.isArray() || list.isEmpty() || list.size() > maximumCount) {
            throw malformed(key, "it must be a list of 1 to " + maximumCount + " entries");
        }
        return list;
    }

    private long integer(String key, JsonNode value, long least, long most) throws MalformedFileException {
        if (!value.canConvertToExactIntegral() || !value.canConvertToLong()) {
            throw malformed(key, value + " is not a whole number");
        }
        if (value.longValue() < least || value.longValue() > most) {
            throw malformed(key, value + " is not within " + least + " to " + most);
        }
        return value.longValue();
    }

    private double number(String key, JsonNode value, double least, double most) throws MalformedFileException {
        if (!value.isNumber()) {
            throw malformed(key, value + " is not a number");
        }
        double number = value.doubleValue();
        if (!(number >= least && number <= most)) {
            throw malformed(key, value + " is not within " + least + " to " + most);
        }
        return number;
    }

    private JsonNode require(String key) throws MalformedFileException {
        if (!has(key)) {
            throw malformed(key, "it is missing");
        }
        return node.get(key);
    }

    private String name(String key) {
        if (path.isEmpty()) {
            return key.isEmpty() ? "top level" : key;
        }
        return key.isEmpty() ? path : path + "." + key;
    }
}
