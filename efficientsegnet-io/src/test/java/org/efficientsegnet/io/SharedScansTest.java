// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import org.efficientsegnet.io.format.ReadOptions;
import org.efficientsegnet.io.format.Scan;
import org.efficientsegnet.io.format.WriteOptions;
import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.volume.Axis;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.Volume;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whole scans, against sums that numpy makes of what nibabel reads. */
@Tag("shared")
class SharedScansTest {

    private static final Path DATA =
            Path.of(System.getProperty("efficientsegnet.shared", "")).resolve("data");

    @TempDir
    Path directory;

    @ParameterizedTest
    @CsvSource({
        "tcga_ov_09_2043/tcga_ov_09_2043.nii.gz, 160x512x512, -37301071034, -18799572527929, 276.3670959472656, 1.03",
        "totalsegmentator_example/example_ct.nii.gz, 112x101x122, -496851173, -250255835377, -177.95632934570312, 3",
    })
    void agreesWithNibabel(String name, String shape, long sum, long weighted, double x0, double spacing)
            throws IOException {
        Volume volume = Volumes.read(DATA.resolve(name));
        assertEquals(shape, volume.shape().toString());
        long total = 0;
        long weights = 0;
        for (int i = 0; i < volume.voxels().length(); i++) {
            long value = (long) volume.voxels().get(i);
            total += value;
            weights += value * (i % 1009);
        }
        assertEquals(sum, total);
        assertEquals(weighted, weights);
        assertEquals(x0, volume.geometry().affine()[3], 1e-6);
        assertEquals(spacing, volume.geometry().spacing(Axis.X), 1e-6);
    }

    /** The array grows with the stream, so that half of it may be there twice for a moment; nothing else is large. */
    @Test
    void readingAllocatesLittleBesidesTheVoxels() throws IOException {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        ReadOptions options = ReadOptions.DEFAULT.withParallelism(Parallelism.SINGLE);
        long before = threads.getCurrentThreadAllocatedBytes();
        Volume volume = Volumes.read(DATA.resolve("tcga_ov_09_2043/tcga_ov_09_2043.nii.gz"), options);
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;
        long voxels = volume.shape().voxels() * volume.voxels().bytesPerVoxel();
        assertTrue(allocated < 2 * voxels, allocated + " bytes for " + voxels);
    }

    @ParameterizedTest
    @CsvSource({"labels.nii.gz", "labels.nrrd", "labels.mha"})
    void labelsOfAWholeScanComeBack(String name) throws IOException {
        Scan scan = Volumes.open(DATA.resolve("tcga_ov_09_2043/tcga_ov_09_2043.nii.gz"), ReadOptions.DEFAULT);
        Volume volume = scan.volume();
        byte[] labels = new byte[volume.voxels().length()];
        for (int i = 0; i < labels.length; i++) {
            float hu = volume.voxels().get(i);
            labels[i] = (byte) (hu > 100 ? 2 : hu > 30 ? 1 : 0);
        }
        Path file = directory.resolve(name);
        LabelMaps.write(
                LabelMap.of(volume.shape(), volume.geometry(), labels),
                file,
                WriteOptions.DEFAULT.withSource(scan.provenance()));
        LabelMap back = LabelMaps.read(file);
        assertTrue(back.geometry().isCloseTo(volume.geometry(), 1e-6));
        assertArrayEquals(labels, back.labels());
    }
}
