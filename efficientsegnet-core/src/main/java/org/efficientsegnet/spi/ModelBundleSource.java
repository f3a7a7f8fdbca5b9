// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.spi;

import java.io.IOException;
import java.nio.file.Path;

/** Reads model bundles; found by {@link java.util.ServiceLoader}. */
public interface ModelBundleSource {

    /**
     * Reads a bundle, a directory or a zip file.
     *
     * @throws IOException if it cannot be read, is not a bundle, or does not match its checksums
     */
    ModelBundle read(Path bundle) throws IOException;

    /**
     * The bundle that is part of the library.
     *
     * @throws IOException if it is damaged
     */
    ModelBundle pretrained() throws IOException;
}
