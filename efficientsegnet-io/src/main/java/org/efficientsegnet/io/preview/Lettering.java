// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.preview;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.geom.AffineTransform;
import java.awt.geom.Path2D;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Scanner;

/**
 * Draws text from glyph outlines. The JDK's own text needs fonts and fontconfig, which servers and containers often
 * lack.
 *
 * <p>Immutable and thread-safe.
 */
final class Lettering {

    static final Lettering REGULAR = load("roboto-regular.txt");
    static final Lettering MEDIUM = load("roboto-medium.txt");

    private static final int UNKNOWN = '?';

    private record Glyph(double advance, Path2D outline) {}

    private final double unitsPerEm;
    private final Map<Integer, Glyph> glyphs;

    private Lettering(double unitsPerEm, Map<Integer, Glyph> glyphs) {
        this.unitsPerEm = unitsPerEm;
        this.glyphs = Map.copyOf(glyphs);
    }

    /** The width of a text in pixels at a size in pixels an em. */
    double width(String text, double size) {
        return text.codePoints().mapToDouble(c -> glyph(c).advance).sum() * size / unitsPerEm;
    }

    /**
     * Draws a text.
     *
     * @param x where it begins
     * @param baseline on which the letters stand
     * @param size pixels an em
     * @return where it ends
     */
    double draw(Graphics2D g, String text, double x, double baseline, double size, Color color) {
        g.setColor(color);
        double scale = size / unitsPerEm;
        double at = x;
        for (int c : text.codePoints().toArray()) {
            Glyph glyph = glyph(c);
            g.fill(glyph.outline.createTransformedShape(new AffineTransform(scale, 0, 0, -scale, at, baseline)));
            at += glyph.advance * scale;
        }
        return at;
    }

    private Glyph glyph(int codePoint) {
        return glyphs.getOrDefault(codePoint, glyphs.get(UNKNOWN));
    }

    private static Lettering load(String resource) {
        try (InputStream in = Lettering.class.getResourceAsStream(resource);
                BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.US_ASCII))) {
            String line = lines.readLine();
            while (line.startsWith("#")) {
                line = lines.readLine();
            }
            double unitsPerEm = Double.parseDouble(line);
            Map<Integer, Glyph> glyphs = new HashMap<>();
            while ((line = lines.readLine()) != null) {
                String[] parts = line.split(" ", 3);
                Glyph glyph = new Glyph(Double.parseDouble(parts[1]), outline(parts[2]));
                glyphs.put(Integer.parseInt(parts[0], 16), glyph);
            }
            return new Lettering(unitsPerEm, glyphs);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** From a path of commands M, L, Q and Z, as SVG writes it. */
    private static Path2D outline(String commands) {
        Path2D path = new Path2D.Double(Path2D.WIND_NON_ZERO);
        try (Scanner words = new Scanner(commands.replaceAll("([MLQZ])", " $1 "))) {
            while (words.hasNext()) {
                switch (words.next()) {
                    case "M" -> path.moveTo(words.nextInt(), words.nextInt());
                    case "L" -> path.lineTo(words.nextInt(), words.nextInt());
                    case "Q" -> path.quadTo(words.nextInt(), words.nextInt(), words.nextInt(), words.nextInt());
                    default -> path.closePath();
                }
            }
        }
        return path;
    }
}
