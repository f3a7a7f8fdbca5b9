// SPDX-License-Identifier: Apache-2.0
/**
 * Networks, their weights, model bundles, training, and the engines for CPUs.
 *
 * <p>API: {@code nn.network}, {@code nn.weights}, {@code nn.bundle} and {@code nn.train} with what is below it. Packages
 * that are exported to modules of the library alone are internals.
 *
 * <p>ND4J is no module, nor can its jars be automatic ones, since they share packages. Where it is wanted (SameDiff,
 * training with it, charts) it stays on the class path, with XChart and Commons Math; this module reads the class path as
 * soon as it looks for them there ({@code plan.OptionalLibraries}).
 */
@SuppressWarnings("module") // The module that internals are exported to is compiled after this one.
module org.efficientsegnet.nn {
    requires transitive org.efficientsegnet.core;
    requires transitive com.fasterxml.jackson.databind;
    requires java.desktop;
    requires jdk.unsupported;
    requires org.bytedeco.dnnl;
    requires org.bytedeco.javacpp;
    requires org.bytedeco.opencl;
    requires org.slf4j;

    exports org.efficientsegnet.nn.bundle;
    exports org.efficientsegnet.nn.network;
    exports org.efficientsegnet.nn.train;
    exports org.efficientsegnet.nn.train.analyze;
    exports org.efficientsegnet.nn.train.augment;
    exports org.efficientsegnet.nn.train.data;
    exports org.efficientsegnet.nn.train.loss;
    exports org.efficientsegnet.nn.train.optimize;
    exports org.efficientsegnet.nn.train.paint;
    exports org.efficientsegnet.nn.train.run;
    exports org.efficientsegnet.nn.weights;
    exports org.efficientsegnet.nn.plan to
            org.efficientsegnet.cuda;

    // Records and enums that are written as JSON.
    opens org.efficientsegnet.nn.network to
            com.fasterxml.jackson.databind;
    opens org.efficientsegnet.nn.plan to
            com.fasterxml.jackson.databind;
    opens org.efficientsegnet.nn.train to
            com.fasterxml.jackson.databind;
    opens org.efficientsegnet.nn.train.augment to
            com.fasterxml.jackson.databind;
    opens org.efficientsegnet.nn.train.data to
            com.fasterxml.jackson.databind;
    opens org.efficientsegnet.nn.train.loss to
            com.fasterxml.jackson.databind;
    opens org.efficientsegnet.nn.train.optimize to
            com.fasterxml.jackson.databind;
    opens org.efficientsegnet.nn.train.run to
            com.fasterxml.jackson.databind;

    provides org.efficientsegnet.nn.train.GradientEngine with
            org.efficientsegnet.nn.onednn.training.OneDnnGradients,
            org.efficientsegnet.nn.train.SameDiffGradients;
    provides org.efficientsegnet.spi.ModelBundleSource with
            org.efficientsegnet.nn.bundle.ModelBundles;
    provides org.efficientsegnet.spi.NetworkEngine with
            org.efficientsegnet.nn.samediff.SameDiffEngine,
            org.efficientsegnet.nn.onednn.OneDnnEngine;

    uses org.efficientsegnet.nn.train.GradientEngine;
    uses org.slf4j.spi.SLF4JServiceProvider;
}
