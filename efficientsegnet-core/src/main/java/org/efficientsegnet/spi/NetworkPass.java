// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.spi;

import java.util.List;
import java.util.Optional;
import org.efficientsegnet.SegmentationException;
import org.efficientsegnet.preprocess.Intensities;
import org.efficientsegnet.volume.Box;
import org.efficientsegnet.volume.Shape;

/**
 * A part of a scan on its way through a network, step after step in the order of these methods; {@link #restore}, {@link
 * #keepLargest} and what follows them are done again for every class or every eight of them. What each step computes is defined by the
 * functions of {@code preprocess} and {@code postprocess} that are named here; another implementation may add numbers
 * up in another order.
 *
 * <p>A step has ended when its method returns. For one thread at a time. Every step throws a {@link
 * org.efficientsegnet.SegmentationException} if the engine fails.
 */
public interface NetworkPass extends AutoCloseable {

    /** Brings the part's voxels to the network's input size, in HU: {@code preprocess.Resampler}. */
    void resample();

    /** How the values that {@link #resample} gave are distributed. */
    Intensities intensities();

    /**
     * Clips and standardises them: {@code preprocess.Normalizer}.
     *
     * @param low lower end of the window, HU
     * @param high its upper end, HU
     * @param epsilon added to the standard deviation
     */
    void normalize(float low, float high, double epsilon);

    /**
     * Runs the network.
     *
     * @param control asked and told as by {@link Network#run(float[], float[], RunControl)}
     * @throws org.efficientsegnet.SegmentationCancelledException if it was cancelled
     */
    void infer(RunControl control);

    /**
     * Turns logits into masks, a byte a voxel: {@code postprocess.LogitRestorer}.
     *
     * @param firstClass the class of bit 0
     * @param classes how many classes, 1 to 8
     * @param threshold of the sigmoid
     * @param to extent of the masks, z, y, x as the part's axes lie
     */
    void restore(int firstClass, int classes, double threshold, Shape to);

    /**
     * Clears the masks but for the largest components: {@code postprocess.Components}.
     *
     * @param keep how many are kept at most, class after class of the masks
     * @param minVoxels only components of more voxels than this are kept
     */
    void keepLargest(List<Integer> keep, double minVoxels);

    /** The smallest box around what {@link #keepLargest} left of all classes, nothing if that is nothing. */
    Optional<Box> box();

    /**
     * Writes the masks, which have the part's extent, to the scan's label map: {@code postprocess.LabelPainter}.
     *
     * @param firstLabel the label of bit 0
     */
    void paint(int firstLabel);

    /**
     * The probability of one class on the scan's own grid, after {@link #infer}: {@code
     * postprocess.LogitRestorer#probabilities}, 0 outside of the part. Passes need not have it: where maps are asked for,
     * the pipeline passes the scan by arrays, which every engine takes.
     *
     * @param classNumber from 0 on
     * @return a byte a voxel of the scan, unsigned, in 255ths
     * @throws org.efficientsegnet.SegmentationException if this pass has none
     */
    default byte[] probabilities(int classNumber) {
        throw new SegmentationException("this engine makes no probability maps where it keeps the scan itself");
    }

    @Override
    void close();
}
