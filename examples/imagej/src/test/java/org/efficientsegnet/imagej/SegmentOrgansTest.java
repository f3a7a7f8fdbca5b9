// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.imagej;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ij.IJ;
import ij.ImagePlus;
import ij.Prefs;
import ij.measure.ResultsTable;
import ij.plugin.FolderOpener;
import ij.plugin.PlugIn;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.efficientsegnet.CancellationToken;
import org.efficientsegnet.ProgressListener;
import org.efficientsegnet.Segmentation;
import org.efficientsegnet.SegmentationCancelledException;
import org.efficientsegnet.Segmenter;
import org.efficientsegnet.imagej.SegmentOrgans.Settings;
import org.efficientsegnet.io.Volumes;
import org.efficientsegnet.volume.Orientation;
import org.efficientsegnet.volume.Volume;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SegmentOrgansTest {

    @TempDir
    Path folder;

    private final List<Settings> asked = new ArrayList<>();

    @BeforeEach
    void forget() {
        Prefs.set(SegmentOrgans.ORIENTATION_KEY, (String) null);
        Prefs.set(SegmentOrgans.KIDNEYS_KEY, true);
    }

    private static Volume sample() throws IOException {
        return Volumes.read(Path.of(System.getProperty("sample.dir"), "example_ct.nii.gz"));
    }

    /** With the pretrained model: what ImageJ shows is what the library finds. */
    @Test
    void anOpenStackBecomesLabelsAndATable() throws IOException {
        Volume volume = sample();
        ImagePlus image = Stacks.toImagePlus(volume, "abdomen");
        try (Segmenter segmenter = Segmenter.pretrained()) {
            Segmentation expected = segmenter.segment(volume);
            OrganStack found = OrganStack.of(
                    image,
                    volume.geometry().orientation(),
                    false,
                    segmenter,
                    ProgressListener.NONE,
                    new CancellationToken());
            byte[] slice = new byte[volume.shape().y() * volume.shape().x()];
            for (int z = 0; z < volume.shape().z(); z++) {
                System.arraycopy(expected.labels().labels(), z * slice.length, slice, 0, slice.length);
                assertArrayEquals(slice, (byte[]) found.labels().getStack().getPixels(z + 1), "slice " + z);
            }
            assertEquals("Organs of abdomen", found.labels().getTitle());
            ResultsTable table = found.table();
            assertEquals(4, table.size());
            assertEquals("liver", table.getStringValue("Organ", 0));
            assertEquals(expected.organ("liver").volumeMl(), table.getValue("Volume (ml)", 0), 1e-6);
            assertEquals(expected.organ("kidney").meanHu(), table.getValue("Mean (HU)", 1), 1e-6);
            assertTrue(table.getStringValue("Remarks", 0).contains("cut off"));
            assertEquals(expected.warnings().size(), found.warnings().size());

            OrganStack sides = OrganStack.of(
                    image,
                    volume.geometry().orientation(),
                    true,
                    segmenter,
                    ProgressListener.NONE,
                    new CancellationToken());
            assertEquals(5, sides.table().size());
            assertEquals("right kidney", sides.table().getStringValue("Organ", 1));

            CancellationToken cancelled = new CancellationToken();
            cancelled.cancel();
            assertThrows(
                    SegmentationCancelledException.class,
                    () -> OrganStack.of(image, Orientation.RAS, true, segmenter, ProgressListener.NONE, cancelled));
        }
    }

    /** Does not segment: the answer is what is tested. */
    private Optional<OrganStack> ask(ImagePlus image, Optional<Settings> answer) {
        class Answered extends RuntimeException {
            private static final long serialVersionUID = 1L;
        }
        SegmentOrgans plugin = new SegmentOrgans(
                proposed -> {
                    asked.add(proposed);
                    return answer;
                },
                () -> {
                    throw new Answered();
                });
        if (answer.isEmpty()) {
            return plugin.segment(image);
        }
        assertThrows(Answered.class, () -> plugin.segment(image));
        return Optional.empty();
    }

    @Test
    void anOrientationThatWasAnsweredIsProposedNextTime() {
        ImagePlus image = IJ.createImage("ct", "16-bit black", 8, 8, 8);
        image.getCalibration().setUnit("mm");
        assertEquals(Optional.empty(), ask(image, Optional.empty()));
        ask(image, Optional.of(new Settings(Orientation.of("LIA"), false, false)));
        ask(image, Optional.empty());
        Prefs.set(SegmentOrgans.ORIENTATION_KEY, "sideways");
        ask(image, Optional.empty());
        assertEquals(
                List.of(
                        new Settings(Orientation.of("LPS"), false, true),
                        new Settings(Orientation.of("LPS"), false, true),
                        new Settings(Orientation.of("LIA"), false, false),
                        new Settings(Orientation.of("LPS"), false, false)),
                asked);
    }

    @Test
    void headersAreProposedAndDoNotChangeWhatIsRemembered() throws IOException {
        double[][] positions = {{0, 0, 9}, {0, 0, 6}, {0, 0, 3}};
        DicomSlices.write(folder, "1\\0\\0\\0\\1\\0", positions, 4, 4, "1\\1", new short[48]);
        ImagePlus image = FolderOpener.open(folder.toString());
        ask(image, Optional.of(new Settings(Orientation.of("LPI"), true, true)));
        assertEquals(List.of(new Settings(Orientation.of("LPI"), true, true)), asked);
        assertEquals("none", Prefs.get(SegmentOrgans.ORIENTATION_KEY, "none"));
    }

    @Test
    void theMenuEntryNamesAPlugin() throws Exception {
        List<String> entries;
        try (BufferedReader config = new BufferedReader(new InputStreamReader(
                SegmentOrgans.class.getResourceAsStream("/plugins.config"), StandardCharsets.UTF_8))) {
            entries = config.lines()
                    .filter(line -> !line.isBlank() && !line.startsWith("#"))
                    .toList();
        }
        assertEquals(1, entries.size());
        String[] parts = entries.get(0).split("\\s*,\\s*");
        assertEquals("Plugins>EfficientSegNet", parts[0]);
        Object plugin = Class.forName(parts[2]).getDeclaredConstructor().newInstance();
        assertTrue(plugin instanceof PlugIn);
        assertFalse(parts[1].isBlank());
    }
}
