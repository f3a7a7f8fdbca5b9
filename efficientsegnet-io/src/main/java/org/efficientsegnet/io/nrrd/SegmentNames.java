package org.efficientsegnet.io.nrrd;

import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** The names of labels in the key/value pairs that 3D Slicer uses in {@code .seg.nrrd} files. */
final class SegmentNames {

    private static final int MAX_LABELS = 255;

    private SegmentNames() {}

    /** The names that are there; a pair that makes no sense is passed over, as it is a remark and no data. */
    static SortedMap<Integer, String> of(Map<String, String> pairs) {
        SortedMap<Integer, String> names = new TreeMap<>();
        for (int segment = 0; segment < MAX_LABELS; segment++) {
            String value = pairs.getOrDefault("Segment" + segment + "_LabelValue", "");
            String name = pairs.get("Segment" + segment + "_Name");
            if (name != null && value.matches("[1-9][0-9]{0,2}") && Integer.parseInt(value) <= MAX_LABELS) {
                names.put(Integer.parseInt(value), name);
            }
        }
        return names;
    }

    /** The pairs for these names, a line each. */
    static String lines(SortedMap<Integer, String> names) {
        StringBuilder lines = new StringBuilder();
        int segment = 0;
        for (Map.Entry<Integer, String> entry : names.entrySet()) {
            String key = "Segment" + segment++;
            String name = entry.getValue().replaceAll("\\p{Cntrl}", " ");
            lines.append(key).append("_ID:=").append(key).append('\n');
            lines.append(key).append("_LabelValue:=").append(entry.getKey()).append('\n');
            lines.append(key).append("_Layer:=0\n");
            lines.append(key).append("_Name:=").append(name).append('\n');
        }
        return lines.toString();
    }
}
