// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.spark;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.spark.launcher.JavaModuleOptions;
import org.apache.spark.sql.SparkSession;

/** Sessions for tests: within this virtual machine, or with executors in virtual machines of their own. */
public final class TestSpark {

    private TestSpark() {}

    /**
     * Threads of this virtual machine stand for executors.
     *
     * @return the settings; {@code getOrCreate()} starts the session, which the caller closes
     */
    public static SparkSession.Builder local(int threads) {
        return common("local[" + threads + "]");
    }

    /**
     * A cluster of executors with one core and this much heap each. They have this one's class path, and their logs lie
     * below {@code target/spark-home/work}.
     *
     * @return the settings; {@code getOrCreate()} starts the session, which the caller closes
     */
    public static SparkSession.Builder cluster(int executors, int megabytes) {
        try {
            // Spark looks for its jars there; the executors have them by the class path.
            Files.createDirectories(Path.of(System.getenv("SPARK_HOME"), "jars"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return common("local-cluster[" + executors + ",1," + megabytes + "]")
                .config("spark.executor.memory", megabytes + "m")
                .config("spark.executor.extraClassPath", System.getProperty("java.class.path"))
                .config("spark.executor.extraJavaOptions", JavaModuleOptions.defaultModuleOptions());
    }

    private static SparkSession.Builder common(String master) {
        return SparkSession.builder()
                .appName("test")
                .master(master)
                .config("spark.ui.enabled", false)
                .config("spark.driver.host", "localhost")
                .config("spark.driver.bindAddress", "127.0.0.1")
                .config("spark.sql.shuffle.partitions", 2)
                .config("spark.sql.warehouse.dir", "target/warehouse");
    }
}
