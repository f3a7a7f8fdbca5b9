// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.plan;

import org.efficientsegnet.nn.weights.MalformedFileException;

/**
 * What a JSON file that lies beside weights begins with.
 *
 * @param format what kind of file it is
 * @param version of the kind
 * @param weightsSha256 of the weights' file that it was made with, 64 hexadecimal digits
 */
record FileHeader(String format, int version, String weightsSha256) {

    /**
     * Refuses a file of another kind or version, or one that was made with other weights.
     *
     * @param file its name, for messages
     * @param found what it begins with; null if it is not whole
     * @param remedy what to do about it
     */
    void require(String file, FileHeader found, String remedy) throws MalformedFileException {
        if (found == null || !format.equals(found.format())) {
            throw new MalformedFileException(file, "format", "it is not " + format, remedy);
        }
        if (found.version() != version) {
            throw new MalformedFileException(
                    file, "version", "it is " + found.version() + ", this library reads " + version, remedy);
        }
        if (!weightsSha256.equalsIgnoreCase(found.weightsSha256())) {
            throw new MalformedFileException(
                    file,
                    "weights_sha256",
                    "it is " + found.weightsSha256() + ", the weights beside it have " + weightsSha256,
                    remedy);
        }
    }
}
