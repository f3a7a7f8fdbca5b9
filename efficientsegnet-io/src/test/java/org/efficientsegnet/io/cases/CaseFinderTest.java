package org.efficientsegnet.io.cases;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import org.efficientsegnet.io.LabelMaps;
import org.efficientsegnet.volume.Geometry;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.Orientation;
import org.efficientsegnet.volume.Shape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CaseFinderTest {

    @TempDir
    Path folder;

    @TempDir
    Path elsewhere;

    private final CaseFinder finder = new CaseFinder(f -> List.of("1.2", "1.3"));

    private static List<String> names(CaseFinder.Found found) {
        return found.cases().stream().map(BatchCase::name).toList();
    }

    private byte[] scan(String ending) throws IOException {
        Path file = Files.createTempFile(elsewhere, "scan", ending);
        Geometry geometry = Geometry.of(Orientation.RAS, 4, 4, 4);
        LabelMaps.write(LabelMap.of(new Shape(2, 3, 4), geometry, new byte[2 * 3 * 4]), file);
        return Files.readAllBytes(file);
    }

    private void write(String name, byte[] bytes) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        Files.write(file, bytes);
    }

    @Test
    void scansAreKnownByContentOrByName() throws IOException {
        write("a.nii", scan(".nii"));
        write("sub/without_ending", scan(".nii"));
        write("broken.nii.gz", new byte[3]);
        write("notes.txt", new byte[] {'h', 'i'});
        write(".hidden.nii", scan(".nii"));
        write(".cache/b.nii", scan(".nii"));
        write("results/a.nii.gz", scan(".nii.gz"));
        CaseFinder.Found found = finder.find(List.of(folder), folder.resolve("results"));
        assertEquals(List.of("a", "broken", "sub/without_ending"), names(found));
        assertEquals(1, found.passedOver());
    }

    @Test
    void namesThatWouldMeetAreMadeDifferent() throws IOException {
        write("a.nii", scan(".nii"));
        write("a.nii.gz", scan(".nii.gz"));
        write("x/a.nii", scan(".nii"));
        List<Path> inputs = List.of(folder.resolve("x").resolve("a.nii"), folder.resolve("a.nii"), folder);
        assertEquals(
                List.of("a", "a.nii", "a.nii.gz", "a.nii_2", "x/a"),
                names(finder.find(inputs, folder.resolve("results"))));
    }

    @Test
    void everySeriesOfADicomFolderIsACase() throws IOException {
        write("patient/1.dcm", new byte[10]);
        write("patient/deeper/2.dcm", new byte[10]);
        CaseFinder.Found found = finder.find(List.of(folder), folder.resolve("results"));
        assertEquals(List.of("patient/1.2", "patient/1.3"), names(found));
        assertEquals("1.3", found.cases().get(1).series().orElseThrow());
        CaseFinder single = new CaseFinder(f -> List.of("1.2"));
        assertEquals(List.of("patient"), names(single.find(List.of(folder), folder.resolve("results"))));
        CaseFinder broken = new CaseFinder(f -> {
            throw new IOException("bad slice");
        });
        assertEquals(List.of("patient"), names(broken.find(List.of(folder), folder.resolve("results"))));
    }

    @Test
    void theVoxelFileOfANiftiPairIsNoCaseOfItsOwn() throws IOException {
        write("a.hdr", new byte[348]);
        write("a.img", new byte[348]);
        assertEquals(List.of("a"), names(finder.find(List.of(folder), folder.resolve("results"))));
    }

    @Test
    void whatDoesNotExistIsRefused() {
        assertThrows(
                NoSuchFileException.class,
                () -> finder.find(List.of(folder.resolve("none")), folder.resolve("results")));
    }
}
