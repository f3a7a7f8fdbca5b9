// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.mesh;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.efficientsegnet.files.AtomicOutput;
import org.efficientsegnet.io.organs.OrganColor;
import org.efficientsegnet.io.organs.OrganTable;
import org.efficientsegnet.surfaces.SurfaceMesh;
import org.efficientsegnet.surfaces.SurfaceMesh.Smoothing;
import org.efficientsegnet.volume.LabelMap;

/**
 * Writes the surfaces of organs: binary STL, one surface a file or all in one, and OBJ, a group an organ, with colours in
 * a material file beside it. Points are in mm, towards the patient's left, posterior and superior side (LPS, as in DICOM
 * and ITK), which the files say in the way that 3D Slicer reads.
 *
 * <p>Thread-safe.
 */
public final class MeshFiles {

    private static final String STL = ".stl";
    private static final String OBJ = ".obj";

    private MeshFiles() {}

    /** The file endings that are known. */
    public static List<String> endings() {
        return List.of(STL, OBJ);
    }

    /**
     * The files that {@link #write} makes for a path: itself, and beside an {@code .obj} the {@code .mtl} with the colours.
     *
     * @param path ends in one of {@link #endings}
     */
    public static List<Path> files(Path path) {
        return path.toString().toLowerCase(Locale.ROOT).endsWith(OBJ)
                ? List.of(path, path.resolveSibling(material(path.getFileName().toString())))
                : List.of(path);
    }

    private static String material(String name) {
        return name.substring(0, name.length() - OBJ.length()) + ".mtl";
    }

    /**
     * Makes the surfaces of all named organs, smoothed, and writes them; each file appears whole or not at all. Organs
     * that were not found are left out.
     *
     * @param path ends in one of {@link #endings}; see {@link #files}
     * @throws IllegalArgumentException if it ends otherwise
     * @throws IOException if it cannot be written
     */
    public static void write(LabelMap labels, Path path) throws IOException {
        String name = path.getFileName().toString();
        String ending = endings().stream()
                .filter(name.toLowerCase(Locale.ROOT)::endsWith)
                .findFirst()
                .orElseThrow(() ->
                        new IllegalArgumentException(path + ": a mesh ends in " + String.join(" or ", endings())));
        SortedMap<Integer, SurfaceMesh> meshes = new TreeMap<>();
        for (int label : labels.names().keySet()) {
            SurfaceMesh mesh = SurfaceMesh.of(labels, label, Smoothing.USUAL);
            if (mesh.size() > 0) {
                meshes.put(label, mesh);
            }
        }
        if (ending.equals(STL)) {
            AtomicOutput.write(path, out -> stl(meshes, out));
            return;
        }
        String material = material(name);
        AtomicOutput.write(path.resolveSibling(material), out -> materials(labels, meshes, out));
        AtomicOutput.write(path, out -> obj(labels, meshes, material, out));
    }

    private static void stl(SortedMap<Integer, SurfaceMesh> meshes, OutputStream out) throws IOException {
        int triangles = meshes.values().stream().mapToInt(SurfaceMesh::size).sum();
        ByteBuffer head = ByteBuffer.allocate(84).order(ByteOrder.LITTLE_ENDIAN);
        head.put("EfficientSegNet for Java; SPACE=LPS".getBytes(StandardCharsets.US_ASCII));
        head.putInt(80, triangles);
        out.write(head.array());
        ByteBuffer triangle = ByteBuffer.allocate(50).order(ByteOrder.LITTLE_ENDIAN);
        BufferedOutputStream buffered = new BufferedOutputStream(out, 1 << 16);
        for (SurfaceMesh mesh : meshes.values()) {
            float[] p = mesh.points();
            for (int t = 0; t < mesh.triangles().length; t += 3) {
                triangle.clear();
                int a = 3 * mesh.triangles()[t];
                int b = 3 * mesh.triangles()[t + 1];
                int c = 3 * mesh.triangles()[t + 2];
                float[] n = normal(p, a, b, c);
                triangle.putFloat(-n[0]).putFloat(-n[1]).putFloat(n[2]);
                for (int v : new int[] {a, b, c}) {
                    triangle.putFloat(-p[v]).putFloat(-p[v + 1]).putFloat(p[v + 2]);
                }
                triangle.putShort((short) 0);
                buffered.write(triangle.array());
            }
        }
        buffered.flush();
    }

    private static float[] normal(float[] p, int a, int b, int c) {
        double[] n = new double[3];
        for (int i = 0; i < 3; i++) {
            int j = (i + 1) % 3;
            int k = (i + 2) % 3;
            n[i] = ((double) p[b + j] - p[a + j]) * ((double) p[c + k] - p[a + k])
                    - ((double) p[b + k] - p[a + k]) * ((double) p[c + j] - p[a + j]);
        }
        double length = Math.sqrt(n[0] * n[0] + n[1] * n[1] + n[2] * n[2]);
        double scale = length > 0 ? 1 / length : 0;
        return new float[] {(float) (n[0] * scale), (float) (n[1] * scale), (float) (n[2] * scale)};
    }

    private static void obj(LabelMap labels, SortedMap<Integer, SurfaceMesh> meshes, String material, OutputStream out)
            throws IOException {
        StringBuilder text = new StringBuilder("# EfficientSegNet for Java; SPACE=LPS\nmtllib " + material + "\n");
        int first = 1;
        for (Map.Entry<Integer, SurfaceMesh> entry : meshes.entrySet()) {
            String name = group(labels, entry.getKey());
            text.append("g ").append(name).append("\nusemtl ").append(name).append('\n');
            float[] p = entry.getValue().points();
            for (int v = 0; v < p.length; v += 3) {
                text.append('v');
                decimals(text, -p[v]);
                decimals(text, -p[v + 1]);
                decimals(text, p[v + 2]);
                text.append('\n');
            }
            int[] t = entry.getValue().triangles();
            for (int i = 0; i < t.length; i += 3) {
                text.append("f ")
                        .append(first + t[i])
                        .append(' ')
                        .append(first + t[i + 1])
                        .append(' ')
                        .append(first + t[i + 2])
                        .append('\n');
            }
            first += p.length / 3;
            out.write(text.toString().getBytes(StandardCharsets.UTF_8));
            text.setLength(0);
        }
        out.write(text.toString().getBytes(StandardCharsets.UTF_8));
    }

    /** A blank and a number with four decimals; with a format string that took most of the time of a file. */
    private static void decimals(StringBuilder text, float value) {
        long units = Math.round(value * 1e4);
        text.append(units < 0 ? " -" : " ").append(Math.abs(units) / 10_000).append('.');
        text.append(Long.toString(10_000 + Math.abs(units) % 10_000), 1, 5);
    }

    private static void materials(LabelMap labels, SortedMap<Integer, SurfaceMesh> meshes, OutputStream out)
            throws IOException {
        StringBuilder text = new StringBuilder("# EfficientSegNet for Java\n");
        for (int label : meshes.keySet()) {
            OrganColor color = OrganTable.color(label, labels.names().get(label));
            text.append(String.format(
                    Locale.ROOT,
                    "newmtl %s\nKd %.4f %.4f %.4f\n",
                    group(labels, label),
                    color.red() / 255.0,
                    color.green() / 255.0,
                    color.blue() / 255.0));
        }
        out.write(text.toString().getBytes(StandardCharsets.UTF_8));
    }

    /** Blanks would divide a name. */
    private static String group(LabelMap labels, int label) {
        return labels.names().get(label).replaceAll("[\\s\\p{Cntrl}]", "_");
    }
}
