// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.cli;

import java.io.IOException;
import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;

/** The versions of the libraries underneath, as their jars declare them. */
final class Libraries {

    private static final Map<String, String> ARTIFACTS = artifacts();

    private Libraries() {}

    /** Names and versions; a library that is not there is left out. */
    static Map<String, String> versions() {
        Map<String, String> versions = new LinkedHashMap<>();
        ARTIFACTS.forEach((name, artifact) -> {
            String resource = "/META-INF/maven/" + artifact + "/pom.properties";
            try (InputStream in = Libraries.class.getResourceAsStream(resource)) {
                if (in != null) {
                    Properties properties = new Properties();
                    properties.load(in);
                    versions.put(name, properties.getProperty("version", "unknown"));
                }
            } catch (IOException e) {
                versions.put(name, "unknown");
            }
        });
        return versions;
    }

    private static Map<String, String> artifacts() {
        Map<String, String> artifacts = new LinkedHashMap<>();
        artifacts.put("SameDiff (ND4J)", "org.nd4j/nd4j-api");
        artifacts.put("oneDNN", "org.bytedeco/dnnl");
        artifacts.put("JavaCPP", "org.bytedeco/javacpp");
        artifacts.put("picocli", "info.picocli/picocli");
        return artifacts;
    }
}
