// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.cases;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CaseStateTest {

    private static final InputIdentity IDENTITY = new InputIdentity(1, 10, "ab");
    private static final Map<String, String> SETTINGS = Map.of("model", "cd");
    private static final Map<String, Long> OUTPUTS = Map.of("a/b.nii.gz", 5L);
    private static final CaseState STATE = new CaseState(
            "/in/a/b.nii",
            IDENTITY,
            SETTINGS,
            OUTPUTS,
            List.of(),
            1.5,
            new CaseFindings(
                    List.of(
                            new CaseFindings.Organ("liver", 100, 1500.5, 55.25, 12.0),
                            new CaseFindings.Organ("spleen", 0, 0, null, null)),
                    List.of("no spleen"),
                    List.of("assumed RAS"),
                    Map.of("coarse network", 0.5),
                    Map.of("engine", "onednn")));

    @TempDir
    Path folder;

    @Test
    void isReadAsItWasWritten() throws IOException {
        Path file = folder.resolve(CaseState.placeOf("a/b"));
        STATE.write(file);
        assertEquals(Optional.of(STATE), CaseState.read(file));
        assertEquals(List.of("assumed RAS", "no spleen"), STATE.findings().doubts());
        assertEquals(Map.of("liver", 1500.5, "spleen", 0.0), STATE.findings().volumesMl());
    }

    @Test
    void fitsWhatItWasMadeFromAlone() {
        assertTrue(STATE.fits(IDENTITY, SETTINGS, OUTPUTS));
        assertFalse(STATE.fits(new InputIdentity(1, 10, "ac"), SETTINGS, OUTPUTS));
        assertFalse(STATE.fits(IDENTITY, Map.of("model", "ce"), OUTPUTS));
        assertFalse(STATE.fits(IDENTITY, SETTINGS, Map.of("a/b.nii.gz", 6L)));
        assertFalse(STATE.fits(IDENTITY, SETTINGS, Map.of()));
    }

    @Test
    void whatCannotBeUnderstoodIsNone() throws IOException {
        for (String text : List.of("", "{", "[]", "{}", "{\"input\":\"a\",\"settings\":{},\"outputs\":{}}", "null")) {
            assertEquals(Optional.empty(), CaseState.parse(text.getBytes(StandardCharsets.UTF_8)), text);
        }
        Path large = folder.resolve("large.json");
        Files.write(large, new byte[CaseState.MOST_BYTES + 1]);
        assertEquals(Optional.empty(), CaseState.read(large));
        assertEquals(Optional.empty(), CaseState.read(folder.resolve("absent.json")));
    }
}
