// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.weights;

import java.io.IOException;

/**
 * A file of weights or a model bundle is damaged, hostile, or of a kind that is not read. Nothing of it was kept.
 *
 * <p>The message names the file, the place in it, what is wrong there and what to do.
 */
public final class MalformedFileException extends IOException {

    private static final long serialVersionUID = 1L;

    private final String file;
    private final String field;

    /**
     * @param file name of the file
     * @param field the part of it that is wrong: a tensor, a key, an opcode
     * @param reason what is wrong with it
     * @param remedy what to do about it
     */
    public MalformedFileException(String file, String field, String reason, String remedy) {
        super(file + ": " + field + ": " + reason + "; " + remedy);
        this.file = file;
        this.field = field;
    }

    /**
     * @param file name of the file
     * @param field the part of it that is wrong: a tensor, a key, an opcode
     * @param reason what is wrong with it
     * @param remedy what to do about it
     * @param cause what was thrown underneath
     */
    public MalformedFileException(String file, String field, String reason, String remedy, Throwable cause) {
        this(file, field, reason, remedy);
        initCause(cause);
    }

    /** Name of the file. */
    public String file() {
        return file;
    }

    /** The part of the file that is wrong. */
    public String field() {
        return field;
    }
}
