// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom;

import java.util.Objects;
import java.util.Optional;
import org.efficientsegnet.io.organs.OrganTable;

/**
 * What a segment is, as a code of a terminology (DICOM PS3.16; organs are in CID 7199 and its neighbours).
 *
 * @param value the code
 * @param scheme the terminology, {@code "SCT"} for SNOMED CT
 * @param meaning the code in words
 */
public record SegmentCode(String value, String scheme, String meaning) {

    static final SegmentCode TISSUE = new SegmentCode("85756007", "SCT", "Tissue");
    static final SegmentCode ANATOMICAL_STRUCTURE = new SegmentCode("123037004", "SCT", "Anatomical Structure");

    /** @throws NullPointerException if something is null */
    public SegmentCode {
        Objects.requireNonNull(value, "value");
        Objects.requireNonNull(scheme, "scheme");
        Objects.requireNonNull(meaning, "meaning");
    }

    /** The code of an organ by its English name in any case; spaces may be underscores. */
    public static Optional<SegmentCode> ofOrgan(String name) {
        return OrganTable.find(name).map(organ -> new SegmentCode(organ.snomed(), "SCT", organ.meaning()));
    }
}
