// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom.dataset;

import java.util.List;

/**
 * One attribute of a data set: its bytes as they stand in the file, or the items of a sequence.
 *
 * @param tag group and element
 * @param vr value representation
 * @param value the bytes; empty for a sequence; not to be changed
 * @param items the items of a sequence, else empty
 */
record Element(int tag, Vr vr, byte[] value, List<DataSet> items) {

    static Element ofBytes(int tag, Vr vr, byte[] value) {
        return new Element(tag, vr, value, List.of());
    }

    static Element ofItems(int tag, List<DataSet> items) {
        return new Element(tag, Vr.SQ, new byte[0], List.copyOf(items));
    }
}
