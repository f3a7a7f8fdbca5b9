// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.cases;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.efficientsegnet.io.LabelMaps;
import org.efficientsegnet.io.format.ReadOptions;
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
    void theVoxelFileOfACompressedPairIsNoCaseEither() throws IOException {
        write("a.hdr.gz", new byte[348]);
        write("a.img.gz", new byte[348]);
        write("b.hdr", new byte[348]);
        write("b.img.gz", new byte[348]);
        assertEquals(List.of("a", "b"), names(finder.find(List.of(folder), folder.resolve("results"))));
    }

    @Test
    void everyVolumeOfAnArchiveIsACase() throws IOException {
        write("one/study.zip", zip("IM1"));
        write("one/report.docx", zip("word/document.xml"));
        write("broken.zip", new byte[] {'P', 'K', 3, 4, 5});
        CaseFinder several = new CaseFinder(file -> {
            if (file.endsWith("study.zip")) {
                return List.of("1.2#1", "1.2#2");
            }
            return CaseFinder.volumes(ReadOptions.DEFAULT).list(file);
        });
        CaseFinder.Found found = several.find(List.of(folder), folder.resolve("results"));
        assertEquals(List.of("broken", "one/study/1.2#1", "one/study/1.2#2"), names(found));
        assertEquals(1, found.passedOver());
        Path study = folder.resolve("one").resolve("study.zip");
        assertEquals(
                List.of("study/1.2#1", "study/1.2#2"), names(several.find(List.of(study), folder.resolve("results"))));
        assertEquals("1.2#2", found.cases().get(2).series().orElseThrow());
    }

    private static byte[] zip(String name) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            zip.putNextEntry(new ZipEntry(name));
            zip.write(1);
        }
        return bytes.toByteArray();
    }

    @Test
    void whatDoesNotExistIsRefused() {
        assertThrows(
                NoSuchFileException.class,
                () -> finder.find(List.of(folder.resolve("none")), folder.resolve("results")));
    }
}
