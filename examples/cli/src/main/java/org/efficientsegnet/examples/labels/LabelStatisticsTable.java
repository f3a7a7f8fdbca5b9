// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.labels;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.efficientsegnet.labels.ConnectedComponent;
import org.efficientsegnet.labels.ConnectedComponents;
import org.efficientsegnet.labels.Connectivity;
import org.efficientsegnet.parallel.Parallelism;
import org.efficientsegnet.volume.Box;

/**
 * The labels of a map with their components.
 *
 * @param file the map
 * @param connectivity of the components
 * @param components of every label, the largest first
 */
record LabelStatisticsTable(
        LabelFile file, Connectivity connectivity, Map<Integer, List<ConnectedComponent>> components) {

    private static final int MOST_COMPONENTS_TOLD = 1000;

    static LabelStatisticsTable of(LabelFile file, Connectivity connectivity, Parallelism p) {
        Map<Integer, List<ConnectedComponent>> components = new TreeMap<>();
        for (ConnectedComponent component :
                ConnectedComponents.of(file.grid(), connectivity, p).list()) {
            components
                    .computeIfAbsent(component.label(), label -> new ArrayList<>())
                    .add(component);
        }
        components
                .values()
                .forEach(list -> list.sort(Comparator.comparingLong(ConnectedComponent::voxels)
                        .reversed()
                        .thenComparingInt(ConnectedComponent::number)));
        return new LabelStatisticsTable(file, connectivity, components);
    }

    List<String> lines() {
        int width = Math.max(
                4, file.names().values().stream().mapToInt(String::length).max().orElse(0));
        String format = "%6s  %-" + width + "s  %11s  %10s  %10s  %10s  %s";
        List<String> lines = new ArrayList<>();
        lines.add(String.format(
                Locale.ROOT,
                format,
                "label",
                "name",
                "voxels",
                "ml",
                "components",
                "largest",
                "box (z, y, x, first and last)"));
        components.forEach((label, list) -> lines.add(String.format(
                Locale.ROOT,
                format,
                label,
                file.names().getOrDefault(label, ""),
                voxels(list),
                String.format(Locale.ROOT, "%.1f", ml(voxels(list))),
                list.size(),
                String.format(Locale.ROOT, "%.1f %%", 100.0 * list.get(0).voxels() / voxels(list)),
                text(box(list)))));
        if (components.isEmpty()) {
            lines.add("nothing but background");
        }
        return lines;
    }

    String json() {
        ObjectNode root = JsonNodeFactory.instance.objectNode();
        root.put("connectivity", connectivity.neighbours());
        ArrayNode labels = root.putArray("labels");
        components.forEach((label, list) -> {
            ObjectNode node = labels.addObject();
            node.put("label", label);
            if (file.names().containsKey(label)) {
                node.put("name", file.names().get(label));
            }
            node.put("voxels", voxels(list));
            node.put("ml", ml(voxels(list)));
            put(node, box(list));
            node.put("components", list.size());
            ArrayNode largest = node.putArray("largest_components");
            for (ConnectedComponent component : list.subList(0, Math.min(MOST_COMPONENTS_TOLD, list.size()))) {
                ObjectNode one = largest.addObject();
                one.put("voxels", component.voxels());
                one.put("ml", ml(component.voxels()));
                put(one, component.box());
                one.putArray("centroid_zyx")
                        .add(component.centroidZ())
                        .add(component.centroidY())
                        .add(component.centroidX());
            }
        });
        return root.toPrettyString();
    }

    private static void put(ObjectNode node, Box box) {
        node.putArray("first_zyx").add(box.z0()).add(box.y0()).add(box.x0());
        node.putArray("last_zyx").add(box.z1() - 1).add(box.y1() - 1).add(box.x1() - 1);
    }

    private static String text(Box box) {
        return box.z0() + ".." + (box.z1() - 1) + ", " + box.y0() + ".." + (box.y1() - 1) + ", " + box.x0() + ".."
                + (box.x1() - 1);
    }

    private static Box box(List<ConnectedComponent> list) {
        return list.stream().map(ConnectedComponent::box).reduce(Box::union).orElseThrow();
    }

    private static long voxels(List<ConnectedComponent> list) {
        return list.stream().mapToLong(ConnectedComponent::voxels).sum();
    }

    private double ml(long voxels) {
        return voxels * file.geometry().voxelVolume() / 1000;
    }
}
