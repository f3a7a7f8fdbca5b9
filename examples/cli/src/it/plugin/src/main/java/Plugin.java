import java.nio.file.Path;
import org.efficientsegnet.Segmentation;
import org.efficientsegnet.Segmenter;
import org.efficientsegnet.io.Volumes;

public class Plugin {
    public static void run(String scan) throws Exception {
        try (Segmenter segmenter = Segmenter.pretrained()) {
            Segmentation result = segmenter.segment(Volumes.read(Path.of(scan)));
            result.organs().forEach(o -> System.out.printf("%s %.0f ml%n", o.name(), o.volumeMl()));
        }
    }
}
