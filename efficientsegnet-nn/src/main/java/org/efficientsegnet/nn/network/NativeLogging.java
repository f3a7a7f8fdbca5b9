// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.network;

import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.SLF4JServiceProvider;

/**
 * Keeps notices that JavaCPP and ND4J print when they start off the console of whoever uses the library. Both read a
 * property of the JVM once, so this has to come before either is touched; a property that is set already stays.
 */
public final class NativeLogging {

    private NativeLogging() {}

    /** Sets {@code org.bytedeco.javacpp.logger=slf4j}, where SLF4J has a provider, and {@code org.nd4j.log.initialization}. */
    public static void quiet() {
        if (hasSlf4jProvider()) {
            setUnlessSet("org.bytedeco.javacpp.logger", "slf4j");
        }
        setUnlessSet("org.nd4j.log.initialization", "false");
    }

    /** Without a provider SLF4J would print a notice of its own, that there is none. */
    private static boolean hasSlf4jProvider() {
        try {
            return ServiceLoader.load(SLF4JServiceProvider.class, LoggerFactory.class.getClassLoader()).stream()
                    .findAny()
                    .isPresent();
        } catch (ServiceConfigurationError | LinkageError e) {
            return false;
        }
    }

    private static void setUnlessSet(String property, String value) {
        if (System.getProperty(property) == null) {
            System.setProperty(property, value);
        }
    }
}
