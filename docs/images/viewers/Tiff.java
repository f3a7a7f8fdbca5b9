// SPDX-License-Identifier: Apache-2.0
import ij.ImagePlus;
import ij.io.FileSaver;
import java.nio.file.Path;
import org.efficientsegnet.imagej.Stacks;
import org.efficientsegnet.io.Volumes;
import org.efficientsegnet.volume.Layout;
import org.efficientsegnet.volume.Orientation;
import org.efficientsegnet.volume.Shape;
import org.efficientsegnet.volume.Volume;

/** Writes a scan as a TIFF stack of ImageJ whose axes grow to the Left, Posterior, Superior side: {@code SCAN TIFF}. */
public final class Tiff {
    public static void main(String[] args) throws Exception {
        Volume scan = Volumes.read(Path.of(args[0]));
        Orientation orientation = Orientation.of("LPS");
        Layout layout = scan.oriented(orientation);
        Shape shape = layout.shape();
        short[] hu = new short[shape.arrayLength()];
        for (int z = 0; z < shape.z(); z++) {
            for (int y = 0; y < shape.y(); y++) {
                for (int x = 0; x < shape.x(); x++) {
                    float stored = scan.voxels().get(layout.index(z, y, x));
                    hu[shape.index(z, y, x)] = (short) Math.rint(scan.slope() * stored + scan.intercept());
                }
            }
        }
        Volume turned = Volume.ofHu(shape, scan.geometry().reorient(scan.shape(), orientation), hu);
        ImagePlus image = Stacks.toImagePlus(turned, "ct");
        new FileSaver(image).saveAsTiffStack(args[1]);
        System.exit(0);
    }
}
