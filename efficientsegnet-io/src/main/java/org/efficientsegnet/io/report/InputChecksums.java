// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.report;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import org.efficientsegnet.files.Sha256;
import org.efficientsegnet.io.format.Provenance;

/**
 * Which scan it was, by content.
 *
 * @param path as it was given
 * @param format the file format
 * @param files the files that were read, in the order of reading
 * @param sha256 of the file's content; if there are several, of the lines "name, tab, sha256, newline" of all of them,
 *     sorted; 64 hexadecimal digits
 */
public record InputChecksums(String path, String format, List<File> files, String sha256) {

    /**
     * One file.
     *
     * @param name without its folder
     * @param bytes its length
     * @param sha256 of its content, 64 hexadecimal digits
     */
    public record File(String name, long bytes, String sha256) {}

    /** Copies the list. */
    public InputChecksums {
        files = List.copyOf(files);
    }

    /**
     * Reads the files that a volume came from and computes their checksums.
     *
     * @throws IOException if one cannot be read any more
     */
    public static InputChecksums of(Provenance provenance) throws IOException {
        List<File> files = new ArrayList<>();
        for (Path path : provenance.files()) {
            files.add(file(path));
        }
        String sha256;
        if (files.size() == 1) {
            sha256 = files.get(0).sha256;
        } else {
            MessageDigest digest = Sha256.digest();
            files.stream()
                    .map(f -> f.name + "\t" + f.sha256 + "\n")
                    .sorted()
                    .forEach(line -> digest.update(line.getBytes(StandardCharsets.UTF_8)));
            sha256 = Sha256.hex(digest);
        }
        return new InputChecksums(provenance.path().toString(), provenance.format(), files, sha256);
    }

    private static File file(Path path) throws IOException {
        MessageDigest digest = Sha256.digest();
        long bytes = 0;
        byte[] buffer = new byte[1 << 16];
        try (InputStream in = Files.newInputStream(path)) {
            for (int n; (n = in.read(buffer)) > 0; ) {
                digest.update(buffer, 0, n);
                bytes += n;
            }
        }
        return new File(path.getFileName().toString(), bytes, Sha256.hex(digest));
    }
}
