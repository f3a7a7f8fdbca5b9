import java.nio.file.Path;
import org.efficientsegnet.Segmentation;
import org.efficientsegnet.Segmenter;
import org.efficientsegnet.io.LabelMaps;
import org.efficientsegnet.io.Volumes;

public class Organs {
    public static void main(String[] args) throws Exception {
        try (Segmenter segmenter = Segmenter.pretrained()) {          // load once, use from many threads
            Segmentation result = segmenter.segment(Volumes.read(Path.of(args[0])));
            result.organs().forEach(o -> System.out.printf("%s %.0f ml%n", o.name(), o.volumeMl()));
            LabelMaps.write(result.labels(), Path.of(args[1]));       // on the scan's own grid
        }
    }
}
