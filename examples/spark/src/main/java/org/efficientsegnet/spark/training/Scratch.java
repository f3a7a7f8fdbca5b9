// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.spark.training;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;
import org.apache.spark.SparkEnv;

/** Folders of this process in the cluster's local storage; they end with the process, or with the application. */
final class Scratch {

    /** What cluster managers call the folders that an application may fill, the first that is set counts. */
    private static final String[] VARIABLES = {"SPARK_EXECUTOR_DIRS", "LOCAL_DIRS", "SPARK_LOCAL_DIRS"};

    private static final String NATIVES = "org.bytedeco.javacpp.cachedir";

    private Scratch() {}

    /** @param purpose stands in the folder's name */
    static Path folder(String purpose) throws IOException {
        Path parent = parent();
        Files.createDirectories(parent);
        Path folder = Files.createTempDirectory(parent, "efficientsegnet-" + purpose + "-");
        Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(folder)));
        return folder;
    }

    /** Must be called before the natives load. */
    static void prepareNatives() throws IOException {
        // JavaCPP's limits are those of the Java heap; networks have their memory outside of it. The container's hold.
        setUnlessSet("org.bytedeco.javacpp.maxBytes", "0");
        setUnlessSet("org.bytedeco.javacpp.maxPhysicalBytes", "0");
        if (System.getProperty(NATIVES) == null) {
            // Natives are unpacked there; the home folder of a cluster's user need not exist.
            System.setProperty(NATIVES, folder("natives").toString());
        }
        setUnlessSet("java.awt.headless", "true");
    }

    private static void setUnlessSet(String name, String value) {
        if (System.getProperty(name) == null) {
            System.setProperty(name, value);
        }
    }

    private static Path parent() {
        for (String variable : VARIABLES) {
            String folders = System.getenv(variable);
            if (folders != null && !folders.isBlank()) {
                return first(folders);
            }
        }
        SparkEnv env = SparkEnv.get();
        String otherwise = System.getProperty("java.io.tmpdir");
        return first(env == null ? otherwise : env.conf().get("spark.local.dir", otherwise));
    }

    private static Path first(String folders) {
        return Path.of(folders.split("[,:]", 2)[0].strip());
    }

    private static void delete(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder()).forEach(Scratch::deleteFile);
        } catch (IOException | UncheckedIOException e) {
            // Whoever owns the storage clears it.
            return;
        }
    }

    private static void deleteFile(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
