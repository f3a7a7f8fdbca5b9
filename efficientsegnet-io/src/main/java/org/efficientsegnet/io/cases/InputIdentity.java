// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.cases;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.List;
import java.util.stream.Stream;
import org.efficientsegnet.files.Sha256;

/**
 * What an input is recognised by when a batch resumes: the names, sizes and times of change of its files. Contents are
 * not read, so that a batch of thousands resumes within seconds.
 *
 * @param files how many files
 * @param bytes their sizes together
 * @param fingerprint SHA-256 over names, sizes and times, in hexadecimal
 */
public record InputIdentity(int files, long bytes, String fingerprint) {

    /** The file that stands for all others on a medium with DICOM files, and is called so by the standard. */
    private static final String MEDIUM = "DICOMDIR";

    /**
     * Looks at a case's input.
     *
     * @throws IOException if a file cannot be looked at
     */
    public static InputIdentity of(BatchCase batchCase) throws IOException {
        Path named = batchCase.input().toAbsolutePath();
        boolean medium =
                named.getFileName() != null && named.getFileName().toString().equalsIgnoreCase(MEDIUM);
        Path input = medium ? named.getParent() : named;
        List<Path> files = Files.isDirectory(input) ? filesIn(input) : companionsOf(input);
        MessageDigest digest = Sha256.digest();
        long bytes = 0;
        for (Path file : files) {
            long size = Files.size(file);
            bytes += size;
            String line = input.relativize(file) + "\t" + size + "\t"
                    + Files.getLastModifiedTime(file).toMillis() + "\n";
            digest.update(line.getBytes(StandardCharsets.UTF_8));
        }
        digest.update(batchCase.series().orElse("").getBytes(StandardCharsets.UTF_8));
        return new InputIdentity(files.size(), bytes, Sha256.hex(digest));
    }

    private static List<Path> filesIn(Path folder) throws IOException {
        try (Stream<Path> entries = Files.walk(folder)) {
            return entries.filter(Files::isRegularFile).sorted().toList();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    /** A file, and for a detached header its data files, which share its name up to the ending. */
    private static List<Path> companionsOf(Path file) throws IOException {
        String name = file.getFileName().toString();
        if (!ScanNames.isDetachedHeader(name)) {
            return List.of(file);
        }
        String stem = ScanNames.stem(name) + ".";
        try (Stream<Path> siblings = Files.list(file.toAbsolutePath().getParent())) {
            return siblings.filter(f -> f.getFileName().toString().startsWith(stem))
                    .filter(Files::isRegularFile)
                    .sorted()
                    .toList();
        }
    }
}
