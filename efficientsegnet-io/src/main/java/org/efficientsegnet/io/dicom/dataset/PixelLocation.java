// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom.dataset;

/**
 * Where the pixel data lies.
 *
 * @param offset of the value's first byte, in the inflated stream if the data set is deflated
 * @param length in bytes, or {@link #UNDEFINED} if it comes in fragments
 * @param words whether the value counts as 16-bit words, which big endian swaps even if a pixel takes 8 bits
 */
public record PixelLocation(long offset, long length, boolean words) {

    /** The length of pixel data in fragments. */
    public static final long UNDEFINED = 0xffffffffL;
}
