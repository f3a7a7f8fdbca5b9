// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The sample scan and what an independent implementation found in it with the pretrained model in FP32, which the program
 * brings, unpacked into a folder of their own until it is closed.
 */
final class SampleCase implements AutoCloseable {

    private static final String SCAN = "example_ct.nii.gz";
    private static final String LABELS = "expected_labels.nii.gz";

    private final Path folder;

    SampleCase() throws IOException {
        this.folder = Files.createTempDirectory("efficientsegnet-sample");
        try {
            unpack(SCAN);
            unpack(LABELS);
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
    }

    private void unpack(String file) throws IOException {
        try (InputStream in = SampleCase.class.getResourceAsStream("/org/efficientsegnet/examples/sample/" + file)) {
            if (in == null) {
                throw new IOException("the program lacks its sample " + file + "; get it again");
            }
            Files.copy(in, folder.resolve(file));
        }
    }

    Path scan() {
        return folder.resolve(SCAN);
    }

    Path labels() {
        return folder.resolve(LABELS);
    }

    @Override
    public void close() throws IOException {
        Files.deleteIfExists(scan());
        Files.deleteIfExists(labels());
        Files.delete(folder);
    }
}
