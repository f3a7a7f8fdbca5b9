// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.cases;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
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

    /**
     * One file of an input.
     *
     * @param name its path below the input's folder, parts divided by {@code /}
     * @param bytes its size
     * @param modifiedMillis when it was changed, in ms since 1970
     */
    public record Item(String name, long bytes, long modifiedMillis) {}

    /**
     * Looks at a case's input.
     *
     * @throws IOException if a file cannot be looked at
     */
    public static InputIdentity of(BatchCase batchCase) throws IOException {
        Path named = batchCase.input().toAbsolutePath();
        boolean medium = named.getFileName() != null
                && ScanNames.isMedium(named.getFileName().toString());
        Path input = medium ? named.getParent() : named;
        boolean folder = Files.isDirectory(input);
        Path below = folder ? input : input.getParent();
        List<Item> items = new ArrayList<>();
        for (Path file : folder ? filesIn(input) : companionsOf(input)) {
            List<String> parts = new ArrayList<>();
            below.relativize(file).forEach(part -> parts.add(part.toString()));
            items.add(new Item(
                    String.join("/", parts),
                    Files.size(file),
                    Files.getLastModifiedTime(file).toMillis()));
        }
        return of(items, batchCase.series());
    }

    /**
     * By its files, wherever they lie.
     *
     * @param items every file of the folder or archive; for a detached header, itself and its {@linkplain
     *     ScanNames#isCompanion companions}
     * @param series the name of the series where the input holds several volumes
     */
    public static InputIdentity of(Collection<Item> items, Optional<String> series) {
        MessageDigest digest = Sha256.digest();
        long bytes = 0;
        for (Item item : items.stream().sorted(Comparator.comparing(Item::name)).toList()) {
            bytes += item.bytes();
            String line = item.name() + "\t" + item.bytes() + "\t" + item.modifiedMillis() + "\n";
            digest.update(line.getBytes(StandardCharsets.UTF_8));
        }
        digest.update(series.orElse("").getBytes(StandardCharsets.UTF_8));
        return new InputIdentity(items.size(), bytes, Sha256.hex(digest));
    }

    private static List<Path> filesIn(Path folder) throws IOException {
        try (Stream<Path> entries = Files.walk(folder)) {
            return entries.filter(Files::isRegularFile).toList();
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
        try (Stream<Path> siblings = Files.list(file.toAbsolutePath().getParent())) {
            return siblings.filter(
                            f -> ScanNames.isCompanion(name, f.getFileName().toString()))
                    .filter(Files::isRegularFile)
                    .toList();
        }
    }
}
