// SPDX-License-Identifier: Apache-2.0
/**
 * Volumes, pre- and post-processing, metrics, the coarse-to-fine pipeline and the segmenter.
 *
 * <p>API: {@code org.efficientsegnet}, {@code volume}, {@code metrics}, {@code labels}, {@code parallel}. For those who
 * write an engine: {@code spi} and the functions of {@code preprocess} and {@code postprocess} that it names. Packages
 * that are exported to modules of the library alone are internals.
 */
@SuppressWarnings("module") // The modules that internals are exported to are compiled after this one.
module org.efficientsegnet.core {
    exports org.efficientsegnet;
    exports org.efficientsegnet.anatomy;
    exports org.efficientsegnet.labels;
    exports org.efficientsegnet.metrics;
    exports org.efficientsegnet.parallel;
    exports org.efficientsegnet.postprocess;
    exports org.efficientsegnet.preprocess;
    exports org.efficientsegnet.spi;
    exports org.efficientsegnet.surfaces;
    exports org.efficientsegnet.volume;
    exports org.efficientsegnet.files to
            org.efficientsegnet.io,
            org.efficientsegnet.nn;
    exports org.efficientsegnet.pipeline to
            org.efficientsegnet.nn;

    uses org.efficientsegnet.spi.ModelBundleSource;
    uses org.efficientsegnet.spi.NetworkEngine;
}
