package org.efficientsegnet.nn.network;

/**
 * Keeps notices that JavaCPP and ND4J print when they start off the console of whoever uses the library. Both read a
 * property of the JVM once, so this has to come before either is touched; a property that is set already stays.
 */
public final class NativeLogging {

    private NativeLogging() {}

    /** Sets {@code org.bytedeco.javacpp.logger=slf4j}, where SLF4J is there, and {@code org.nd4j.log.initialization}. */
    public static void quiet() {
        if (hasSlf4j()) {
            setUnlessSet("org.bytedeco.javacpp.logger", "slf4j");
        }
        setUnlessSet("org.nd4j.log.initialization", "false");
    }

    private static boolean hasSlf4j() {
        try {
            Class.forName("org.slf4j.LoggerFactory", false, NativeLogging.class.getClassLoader());
            return true;
        } catch (ClassNotFoundException | LinkageError e) {
            return false;
        }
    }

    private static void setUnlessSet(String property, String value) {
        if (System.getProperty(property) == null) {
            System.setProperty(property, value);
        }
    }
}
