// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.dicom;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The outlines of one label on a slice, by marching squares: vertices lie halfway between the centre of a pixel inside and
 * that of its neighbour outside, so that the pixels whose centres a contour encloses are exactly those of the label. Pixels
 * that touch at a corner only are outlined apart. A hole is joined to what surrounds it by a channel without width
 * ("keyhole", DICOM PS3.3 C.8.8.6.3).
 */
final class SliceContours {

    /** A vertex in halves of pixels: row and column, counted from the first pixel's centre. */
    record Vertex(int row2, int column2) {}

    private final boolean[][] inside;
    private final int rows;
    private final int columns;

    /** From each vertex to the next one, the label on the same hand. */
    private final Map<Vertex, Vertex> next = new HashMap<>();

    private SliceContours(boolean[][] inside) {
        this.inside = inside;
        rows = inside.length;
        columns = inside[0].length;
    }

    /**
     * Outlines.
     *
     * @param inside rows of pixels
     * @return closed contours, the first vertex not repeated
     */
    static List<List<Vertex>> of(boolean[][] inside) {
        return new SliceContours(inside).contours();
    }

    private List<List<Vertex>> contours() {
        // Each side of a pixel inside that faces one outside has a vertex; walking around them in order of cells joins
        // them.
        for (int r = -1; r < rows; r++) {
            for (int c = -1; c < columns; c++) {
                cell(r, c);
            }
        }
        List<List<Vertex>> outer = new ArrayList<>();
        List<List<Vertex>> holes = new ArrayList<>();
        while (!next.isEmpty()) {
            List<Vertex> loop = new ArrayList<>();
            for (Vertex v = next.keySet().iterator().next(); v != null; v = next.remove(v)) {
                loop.add(v);
            }
            // The start was met twice.
            loop.remove(loop.size() - 1);
            (twiceArea(loop) > 0 ? outer : holes).add(loop);
        }
        join(outer, holes);
        List<List<Vertex>> result = new ArrayList<>();
        outer.forEach(loop -> result.add(withoutMiddles(loop)));
        result.sort(Comparator.<List<Vertex>>comparingInt(l -> l.get(0).row2())
                .thenComparingInt(l -> l.get(0).column2()));
        return result;
    }

    private boolean at(int r, int c) {
        return r >= 0 && r < rows && c >= 0 && c < columns && inside[r][c];
    }

    /** The segments within the square of the centres (r, c) to (r + 1, c + 1), clockwise around what is inside. */
    private void cell(int r, int c) {
        boolean a = at(r, c);
        boolean b = at(r, c + 1);
        boolean d = at(r + 1, c);
        boolean e = at(r + 1, c + 1);
        Vertex top = new Vertex(2 * r, 2 * c + 1);
        Vertex bottom = new Vertex(2 * r + 2, 2 * c + 1);
        Vertex left = new Vertex(2 * r + 1, 2 * c);
        Vertex right = new Vertex(2 * r + 1, 2 * c + 2);
        int code = (a ? 8 : 0) | (b ? 4 : 0) | (e ? 2 : 0) | (d ? 1 : 0);
        switch (code) {
            case 8 -> next.put(top, left);
            case 4 -> next.put(right, top);
            case 2 -> next.put(bottom, right);
            case 1 -> next.put(left, bottom);
            case 12 -> next.put(right, left);
            case 6 -> next.put(bottom, top);
            case 3 -> next.put(left, right);
            case 9 -> next.put(top, bottom);
            case 7 -> next.put(left, top);
            case 11 -> next.put(top, right);
            case 13 -> next.put(right, bottom);
            case 14 -> next.put(bottom, left);
            case 10 -> {
                next.put(top, left);
                next.put(bottom, right);
            }
            case 5 -> {
                next.put(right, top);
                next.put(left, bottom);
            }
            default -> {
                // All inside or all outside.
            }
        }
    }

    /** Above zero around pixels, below zero around holes. */
    private static long twiceArea(List<Vertex> loop) {
        long area = 0;
        for (int i = 0; i < loop.size(); i++) {
            Vertex v = loop.get(i);
            Vertex w = loop.get((i + 1) % loop.size());
            area += (long) v.column2() * w.row2() - (long) w.column2() * v.row2();
        }
        return area;
    }

    /**
     * Makes each hole a part of the contour to its right: from the hole's rightmost vertex along the row to where the
     * pixels inside end. What ends there reaches farther to the right, so that holes are taken from the right.
     */
    private void join(List<List<Vertex>> outer, List<List<Vertex>> holes) {
        Map<Vertex, List<Vertex>> loopOf = new HashMap<>();
        outer.forEach(loop -> loop.forEach(v -> loopOf.put(v, loop)));
        holes.sort(
                Comparator.<List<Vertex>>comparingInt(SliceContours::rightmost).reversed());
        for (List<Vertex> hole : holes) {
            int start = 0;
            for (int i = 0; i < hole.size(); i++) {
                if (hole.get(i).row2() % 2 == 0 && hole.get(i).column2() == rightmost(hole)) {
                    start = i;
                }
            }
            Vertex from = hole.get(start);
            int row = from.row2() / 2;
            int column = (from.column2() + 1) / 2;
            while (at(row, column + 1)) {
                column++;
            }
            Vertex to = new Vertex(2 * row, 2 * column + 1);
            List<Vertex> loop = loopOf.get(to);
            List<Vertex> way = new ArrayList<>();
            for (int i = 0; i <= hole.size(); i++) {
                way.add(hole.get((start + i) % hole.size()));
            }
            way.add(to);
            loop.addAll(loop.indexOf(to) + 1, way);
            hole.forEach(v -> loopOf.put(v, loop));
        }
    }

    private static int rightmost(List<Vertex> loop) {
        return loop.stream().mapToInt(Vertex::column2).max().orElseThrow();
    }

    /** Without vertices that lie on the way from the one before to the one after. */
    private static List<Vertex> withoutMiddles(List<Vertex> loop) {
        List<Vertex> kept = new ArrayList<>();
        int n = loop.size();
        for (int i = 0; i < n; i++) {
            Vertex before = loop.get((i + n - 1) % n);
            Vertex v = loop.get(i);
            Vertex after = loop.get((i + 1) % n);
            int r1 = v.row2() - before.row2();
            int c1 = v.column2() - before.column2();
            int r2 = after.row2() - v.row2();
            int c2 = after.column2() - v.column2();
            boolean straight = (long) r1 * c2 == (long) r2 * c1 && (long) r1 * r2 + (long) c1 * c2 > 0;
            if (!straight) {
                kept.add(v);
            }
        }
        return kept;
    }
}
