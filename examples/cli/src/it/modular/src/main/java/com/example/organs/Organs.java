package com.example.organs;

import java.nio.file.Path;
import org.efficientsegnet.Segmentation;
import org.efficientsegnet.Segmenter;
import org.efficientsegnet.io.Volumes;

public class Organs {
    public static void main(String[] args) throws Exception {
        try (Segmenter segmenter = Segmenter.builder().threads(1).build()) {
            Segmentation result = segmenter.segment(Volumes.read(Path.of(args[0])));
            System.out.println(segmenter.describe());
            System.out.println("in " + Segmenter.class.getModule() + " with " + result.engine());
            result.organs().forEach(o -> System.out.printf("%s %.0f ml%n", o.name(), o.volumeMl()));
        }
    }
}
