// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.bundle;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.efficientsegnet.nn.weights.MalformedFileException;
import org.efficientsegnet.spi.PipelineSpec;
import org.efficientsegnet.volume.Orientation;

/**
 * The configuration of a bundle, {@code model.json}. Keys that it does not know are passed over, so that later bundles
 * may say more; keys that it knows must hold what it can work with.
 *
 * @param name the bundle's name; null if it was not given one
 * @param version the bundle's version; null if it was not given one
 * @param pipeline what surrounds the networks
 * @param coarse the network that finds the region
 * @param fine the network that segments the region
 * @param extras further files of the bundle
 * @param sizes what is known of input sizes
 */
record ModelJson(
        String name,
        String version,
        PipelineSpec pipeline,
        NetworkConfiguration coarse,
        NetworkConfiguration fine,
        Map<String, Extra> extras,
        InputSizes sizes) {

    /** A file of the bundle beside the weights. */
    record Extra(long bytes, String sha256) {}

    static final String FILE = "model.json";

    private static final String FORMAT = "flare21-two-stage";
    private static final int FORMAT_VERSION = 1;
    private static final int MOST_LABELS = 255;
    static final int MOST_EXTRA_BYTES = 16 << 20;

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    static {
        JSON.getFactory()
                .setStreamReadConstraints(StreamReadConstraints.builder()
                        .maxNestingDepth(16)
                        .maxNumberLength(64)
                        .maxNameLength(1 << 12)
                        .maxStringLength(1 << 16)
                        .build());
    }

    static ModelJson parse(String bundle, byte[] json) throws MalformedFileException {
        String file = bundle + "/" + FILE;
        JsonNode root;
        try {
            root = JSON.readTree(json);
        } catch (JsonProcessingException e) {
            throw new MalformedFileException(
                    file, "JSON", e.getOriginalMessage(), "correct it, or get the bundle again", e);
        } catch (IOException e) {
            throw new MalformedFileException(file, "JSON", e.getMessage(), "correct it, or get the bundle again", e);
        }
        ConfigurationFields fields = new ConfigurationFields(file, "", root);
        String format = fields.text("format");
        if (!format.equals(FORMAT)) {
            throw fields.malformed("format", "\"" + format + "\" is not supported, only " + FORMAT);
        }
        long version = fields.integer("format_version", 0, Integer.MAX_VALUE);
        if (version != FORMAT_VERSION) {
            throw fields.malformed(
                    "format_version",
                    version + " is not supported, only " + FORMAT_VERSION
                            + (version > FORMAT_VERSION ? "; a newer version of this library may read it" : ""));
        }
        fixed(fields);
        List<String> labels = labels(fields);
        NetworkConfiguration coarse = NetworkConfiguration.parse(fields.object("coarse"), labels.size());
        NetworkConfiguration fine = NetworkConfiguration.parse(fields.object("fine"), labels.size());
        if (coarse.weights().name().equals(fine.weights().name())) {
            throw fields.malformed("fine.weights", "it is the same file as coarse.weights");
        }
        return new ModelJson(
                fields.text("name", null),
                fields.text("version", null),
                pipeline(fields, labels, coarse.minimumMm3(), fine.minimumMm3()),
                coarse,
                fine,
                extras(fields),
                InputSizes.parse(fields, labels, coarse.inputSize(), fine.inputSize()));
    }

    private static void fixed(ConfigurationFields fields) throws MalformedFileException {
        fields.fixed("resampling", "trilinear, align_corners");
        fields.fixed("activation", "sigmoid");
        fields.fixed("connectivity", 26);
        fields.fixed("overlap", "later labels overwrite earlier ones");
        if (fields.has("normalisation")) {
            ConfigurationFields normalisation = fields.object("normalisation");
            normalisation.fixed("type", "z-score after clipping, whole input");
            normalisation.fixed("std", "unbiased");
            normalisation.fixed("order", "resample, clip, (x - mean) / (std + eps)");
        }
    }

    private static List<String> labels(ConfigurationFields fields) throws MalformedFileException {
        List<String> names = fields.texts("label_names", MOST_LABELS);
        for (String name : names) {
            if (name.isBlank() || names.indexOf(name) != names.lastIndexOf(name)) {
                throw fields.malformed("label_names", "\"" + name + "\" is blank or there twice");
            }
        }
        if (fields.has("labels")) {
            ConfigurationFields numbered = fields.object("labels");
            for (int label = 1; label <= names.size(); label++) {
                numbered.fixed(Integer.toString(label), names.get(label - 1));
            }
        }
        return names;
    }

    private static PipelineSpec pipeline(
            ConfigurationFields fields, List<String> labels, double coarseMinimum, double fineMinimum)
            throws MalformedFileException {
        List<Integer> components = fields.integers("components_per_label", 1, 1000, MOST_LABELS);
        if (components.size() != labels.size()) {
            throw fields.malformed(
                    "components_per_label", components.size() + " numbers for " + labels.size() + " labels");
        }
        List<Double> window = fields.numbers("window", -1e6, 1e6, 2);
        if (window.size() != 2 || window.get(0) >= window.get(1)) {
            throw fields.malformed("window", window + " is not a low and a high bound");
        }
        double threshold = fields.number("threshold", 0, 1);
        if (threshold == 0 || threshold == 1) {
            throw fields.malformed("threshold", threshold + " is not between 0 and 1");
        }
        return new PipelineSpec(
                labels,
                orientation(fields),
                window.get(0).floatValue(),
                window.get(1).floatValue(),
                fields.has("normalisation") ? fields.object("normalisation").number("eps", 0, 1) : 1e-5,
                threshold,
                fields.number("margin_mm", 0, 10_000),
                components,
                coarseMinimum,
                fineMinimum);
    }

    private static Orientation orientation(ConfigurationFields fields) throws MalformedFileException {
        ConfigurationFields orientation = fields.object("orientation");
        try {
            return Orientation.of(orientation.text("code"));
        } catch (IllegalArgumentException e) {
            throw orientation.malformed("code", e.getMessage());
        }
    }

    private static Map<String, Extra> extras(ConfigurationFields fields) throws MalformedFileException {
        Map<String, Extra> extras = new TreeMap<>();
        long total = 0;
        for (Map.Entry<String, ConfigurationFields> entry :
                fields.objects("extra_files").entrySet()) {
            ConfigurationFields extra = entry.getValue();
            if (!isPlainName(entry.getKey())) {
                throw extra.malformed("", "a plain file name is needed");
            }
            long bytes = extra.integer("bytes", 0, MOST_EXTRA_BYTES);
            total += bytes;
            if (total > MOST_EXTRA_BYTES) {
                throw extra.malformed("bytes", "further files are more than the limit of " + MOST_EXTRA_BYTES);
            }
            extras.put(entry.getKey(), new Extra(bytes, sha256(extra)));
        }
        return extras;
    }

    static String sha256(ConfigurationFields fields) throws MalformedFileException {
        String digits = fields.text("sha256").toLowerCase(Locale.ROOT);
        if (!digits.matches("[0-9a-f]{64}")) {
            throw fields.malformed("sha256", "64 hexadecimal digits are needed");
        }
        return digits;
    }

    static String plainName(ConfigurationFields fields, String key) throws MalformedFileException {
        String name = fields.text(key);
        if (!isPlainName(name)) {
            throw fields.malformed(key, "\"" + name + "\" is not a plain file name");
        }
        return name;
    }

    /** Whether a name is one of a file in the bundle itself, on every system. */
    static boolean isPlainName(String name) {
        return name.matches("[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}") && !name.equals(FILE);
    }

    /** The file's text. */
    byte[] toBytes(long coarseParameters, long fineParameters) throws JsonProcessingException {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("format", FORMAT);
        map.put("format_version", FORMAT_VERSION);
        map.put("name", name);
        map.put("version", version);
        map.putAll(pipelineMap());
        map.put("coarse", coarse.toMapWithFile(coarseParameters, sizes.coarse()));
        map.put("fine", fine.toMapWithFile(fineParameters, sizes.fine()));
        if (!sizes.measured().isEmpty()) {
            map.put("measured_sizes", sizes.toList());
        }
        if (!extras.isEmpty()) {
            Map<String, Object> files = new LinkedHashMap<>();
            extras.forEach((file, extra) -> {
                Map<String, Object> entry = new LinkedHashMap<>();
                entry.put("bytes", extra.bytes());
                entry.put("sha256", extra.sha256());
                files.put(file, entry);
            });
            map.put("extra_files", files);
        }
        ObjectMapper mapper = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
        return mapper.writeValueAsBytes(map);
    }

    /** What the bundle computes, without names and files: the part of its identity that is not weights. */
    byte[] canonical() {
        Map<String, Object> map = pipelineMap();
        map.put("coarse", coarse.toMap());
        map.put("fine", fine.toMap());
        try {
            return new ObjectMapper().writeValueAsBytes(map);
        } catch (JsonProcessingException e) {
            throw new AssertionError("maps of numbers and strings can be written", e);
        }
    }

    private Map<String, Object> pipelineMap() {
        Map<String, Object> map = new LinkedHashMap<>();
        Map<String, Object> labels = new LinkedHashMap<>();
        List<String> names = new ArrayList<>(pipeline.labels());
        for (int i = 0; i < names.size(); i++) {
            labels.put(Integer.toString(i + 1), names.get(i));
        }
        map.put("labels", labels);
        map.put("label_names", names);
        map.put("components_per_label", pipeline.componentsPerLabel());
        map.put("orientation", Map.of("code", pipeline.orientation().toString()));
        map.put("window", List.of(pipeline.windowLow(), pipeline.windowHigh()));
        Map<String, Object> normalisation = new LinkedHashMap<>();
        normalisation.put("type", "z-score after clipping, whole input");
        normalisation.put("eps", pipeline.epsilon());
        normalisation.put("std", "unbiased");
        normalisation.put("order", "resample, clip, (x - mean) / (std + eps)");
        map.put("normalisation", normalisation);
        map.put("resampling", "trilinear, align_corners");
        map.put("activation", "sigmoid");
        map.put("threshold", pipeline.threshold());
        map.put("margin_mm", pipeline.marginMm());
        map.put("connectivity", 26);
        map.put("overlap", "later labels overwrite earlier ones");
        return map;
    }
}
