// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.cuda;

/** One call of the library, made again for every run. */
@FunctionalInterface
interface Call {

    /**
     * Launches it.
     *
     * @param context the library's handle
     * @param addresses where the buffers lie in this run
     * @return the library's status
     */
    int launch(long context, Operand.Addresses addresses);
}
