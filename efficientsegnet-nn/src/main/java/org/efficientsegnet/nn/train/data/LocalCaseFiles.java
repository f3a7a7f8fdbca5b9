// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.train.data;

import java.nio.file.Path;

/** The files of a directory of this machine. */
record LocalCaseFiles(Path directory) implements CaseFiles {

    @Override
    public String place() {
        return directory.toAbsolutePath().toString();
    }

    @Override
    public Path file(String name) {
        return directory.resolve(name);
    }
}
