// SPDX-License-Identifier: Apache-2.0
/**
 * Readers and writers of scans and label maps, previews and reports.
 *
 * <p>API: {@code io}, {@code io.format}, {@code io.dicom}, {@code io.preview}, {@code io.report}, {@code io.viewer}, {@code io.cases},
 * and the formats by themselves, {@code io.nifti}, {@code io.nrrd} and {@code io.metaimage}. What is not exported is internal.
 */
module org.efficientsegnet.io {
    requires transitive org.efficientsegnet.core;
    requires com.fasterxml.jackson.databind;
    requires transitive java.desktop;
    requires java.management;

    exports org.efficientsegnet.io;
    exports org.efficientsegnet.io.cases;
    exports org.efficientsegnet.io.dicom;
    exports org.efficientsegnet.io.format;
    exports org.efficientsegnet.io.mesh;
    exports org.efficientsegnet.io.metaimage;
    exports org.efficientsegnet.io.nifti;
    exports org.efficientsegnet.io.nrrd;
    exports org.efficientsegnet.io.organs;
    exports org.efficientsegnet.io.preview;
    exports org.efficientsegnet.io.report;
    exports org.efficientsegnet.io.viewer;
}
