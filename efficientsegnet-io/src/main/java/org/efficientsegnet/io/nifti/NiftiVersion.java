// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.nifti;

/** The two versions of the format. */
public enum NiftiVersion {
    /** 348 bytes of header, 32-bit floating point, at most 32,767 voxels an axis. */
    NIFTI_1(348, 352),
    /** 540 bytes of header, 64-bit floating point. */
    NIFTI_2(540, 544);

    private final int headerBytes;
    private final int dataOffset;

    NiftiVersion(int headerBytes, int dataOffset) {
        this.headerBytes = headerBytes;
        this.dataOffset = dataOffset;
    }

    /** The value of sizeof_hdr. */
    int headerBytes() {
        return headerBytes;
    }

    /** Where the data of a single file begins if there are no extensions. */
    int dataOffset() {
        return dataOffset;
    }

    @Override
    public String toString() {
        return this == NIFTI_1 ? "NIfTI-1" : "NIfTI-2";
    }
}
