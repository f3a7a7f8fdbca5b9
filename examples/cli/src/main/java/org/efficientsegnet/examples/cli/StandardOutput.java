// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Optional;
import java.util.Set;

/**
 * Standard output that remembers why it could not be written, which writers on top of it keep to themselves: a table that
 * did not fit onto the disk must not look like success. Not thread-safe; writers lock.
 */
final class StandardOutput extends OutputStream {

    /** Of readers who have seen enough, as {@code head} has after some lines, and of callers who want to see nothing. */
    private static final Set<String> WISHED = Set.of("Broken pipe", "Bad file descriptor");

    private final OutputStream out;
    private String failure;

    /** @param out what is written to */
    StandardOutput(OutputStream out) {
        this.out = out;
    }

    /** The process's own. */
    static StandardOutput ofProcess() {
        return new StandardOutput(new FileOutputStream(FileDescriptor.out));
    }

    /** What went wrong first, unless somebody wished it so. */
    Optional<String> failure() {
        return Optional.ofNullable(failure).filter(reason -> !WISHED.contains(reason));
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int count) throws IOException {
        try {
            out.write(bytes, from, count);
        } catch (IOException e) {
            failure = failure == null ? String.valueOf(e.getMessage()) : failure;
            throw e;
        }
    }
}
