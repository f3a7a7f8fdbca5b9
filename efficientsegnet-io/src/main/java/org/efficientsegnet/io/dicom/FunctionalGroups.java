// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom;

import java.util.List;
import java.util.Optional;
import org.efficientsegnet.io.dicom.dataset.DataSet;
import org.efficientsegnet.io.dicom.dataset.Tag;
import org.efficientsegnet.io.format.FormatException;

/** What an image of many frames says of each of them and of all together (DICOM PS3.3 section C.7.6.16). */
final class FunctionalGroups {

    private final DataSet image;
    private final List<DataSet> perFrame;
    private final DataSet shared;

    /** @throws FormatException if there is not one item a frame */
    FunctionalGroups(DataSet image, int frames) throws FormatException {
        this.image = image;
        perFrame = image.items(Tag.PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE);
        if (perFrame.size() != frames) {
            throw image.bad(
                    Tag.PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE, perFrame.size() + " items for " + frames + " frames");
        }
        shared = image.item(Tag.SHARED_FUNCTIONAL_GROUPS_SEQUENCE)
                .orElse(DataSet.builder().build());
    }

    /** A group of a frame: its own, or else that of all frames. */
    Optional<DataSet> find(int frame, int tag) {
        return perFrame.get(frame).item(tag).or(() -> shared.item(tag));
    }

    /** A group that a frame must have. */
    DataSet require(int frame, int tag) throws FormatException {
        return find(frame, tag)
                .orElseThrow(() -> image.bad(tag, "is in neither the frame's nor the shared functional groups"));
    }
}
