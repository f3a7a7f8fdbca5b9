// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.data;

import java.io.IOException;
import java.nio.file.Path;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.Volume;

/** Reads scans and label maps; filled with the functions of the module that knows file formats. Thread-safe. */
public interface CaseReader {

    /** @throws IOException if the file cannot be read or is not a scan */
    Volume image(Path file) throws IOException;

    /** @throws IOException if the file cannot be read or is not a label map */
    LabelMap labels(Path file) throws IOException;
}
