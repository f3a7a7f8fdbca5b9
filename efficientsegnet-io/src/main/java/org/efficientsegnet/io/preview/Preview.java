// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.io.preview;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.Shape;
import java.awt.geom.Line2D;
import java.awt.geom.RoundRectangle2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.ImageWriter;
import javax.imageio.metadata.IIOMetadata;
import javax.imageio.metadata.IIOMetadataNode;
import javax.imageio.stream.ImageOutputStream;
import org.efficientsegnet.files.AtomicOutput;
import org.efficientsegnet.io.text.IntendedUse;
import org.efficientsegnet.volume.Axis;
import org.efficientsegnet.volume.LabelMap;
import org.efficientsegnet.volume.Volume;

/**
 * Draws a scan and its organs: an axial, a coronal and a sagittal slice through the organs' common centre (the mean of
 * their centres of mass) at one scale and true proportions, organs translucent with outlines, and a legend with their
 * volumes. The patient's right side is at the left of the picture, as radiologists have it.
 *
 * <p>Slices follow the grid's axes, also if those are oblique to the patient's. Very long scans are shown around the
 * organs only. The picture says that it is not for clinical use, and so does its PNG file. Needs neither a display nor fonts. Thread-safe.
 */
public final class Preview {

    /** All lengths are for a picture of this width and scale with it. */
    private static final double REFERENCE_WIDTH = 1800;

    /** The same for stacked slices, which narrow screens show: letters are larger. */
    private static final double STACKED_REFERENCE_WIDTH = 700;

    private static final double MARGIN = 28;
    private static final double GAP = 20;
    private static final double CAPTION = 44;
    private static final double TITLE = 56;
    private static final double LEGEND_ROW = 46;
    private static final double NOTICE_ROW = 30;
    private static final double CORNER = 14;
    private static final String PNG_METADATA = "javax_imageio_png_1.0";

    private Preview() {}

    /**
     * Draws a preview.
     *
     * @param volume the scan
     * @param labels its label map, on the same grid
     * @throws IllegalArgumentException if the grids have different extents
     */
    public static BufferedImage render(Volume volume, LabelMap labels, PreviewOptions options) {
        if (!volume.shape().equals(labels.shape())) {
            throw new IllegalArgumentException(
                    "the scan has " + volume.shape() + " voxels, the label map " + labels.shape());
        }
        View view = View.of(labels);
        boolean stacked = options.stacked();
        double unit = options.width() / (stacked ? STACKED_REFERENCE_WIDTH : REFERENCE_WIDTH);
        double available = options.width() - (2 * MARGIN + (stacked ? 0 : 2 * GAP)) * unit;
        double mm = stacked
                ? Math.max(view.extent(Axis.X), view.extent(Axis.Y))
                : 2 * view.extent(Axis.X) + view.extent(Axis.Y);
        List<Panel> panels = new ArrayList<>();
        for (Plane plane : Plane.values()) {
            panels.add(new Panel(view, plane, mm / available));
        }
        List<LegendEntry> legend = legend(view, labels);
        double top = (MARGIN + (options.title().isPresent() ? TITLE : 0)) * unit;
        List<Frame> frames = frames(panels, stacked, top, unit);
        double legendTop = frames.get(frames.size() - 1).bottom() + 0.6 * MARGIN * unit;
        int rows = layOut(legend, options.width(), unit);
        double noticeTop = legendTop + rows * LEGEND_ROW * unit;
        int total = (int) Math.ceil(noticeTop + (NOTICE_ROW + 0.6 * MARGIN) * unit);

        BufferedImage image = new BufferedImage(options.width(), total, BufferedImage.TYPE_INT_RGB);
        Graphics2D g = image.createGraphics();
        try {
            g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
            g.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
            g.setColor(Palette.BACKGROUND);
            g.fillRect(0, 0, options.width(), total);
            options.title()
                    .ifPresent(title -> Lettering.MEDIUM.draw(
                            g, title, MARGIN * unit, (MARGIN + 0.5 * TITLE) * unit, 32 * unit, Palette.TEXT));
            for (int i = 0; i < panels.size(); i++) {
                Panel panel = panels.get(i);
                Frame frame = frames.get(i);
                drawCaption(g, view, panel.plane(), frame, unit);
                drawImage(g, panel, panel.render(volume, labels, options), frame, unit);
                drawTicks(g, panel, view, frame, unit);
                drawLetters(g, panel.plane(), frame, unit);
                if (panel.plane() == Plane.AXIAL) {
                    drawScaleBar(g, frame, mm / available, unit);
                }
            }
            drawLegend(g, legend, legendTop, unit, options);
            Lettering.REGULAR.draw(
                    g, IntendedUse.NOTICE, MARGIN * unit, noticeTop + 18 * unit, 18 * unit, Palette.FAINT);
        } finally {
            g.dispose();
        }
        return image;
    }

    /**
     * Draws a preview into a PNG file, which appears whole or not at all.
     *
     * @param volume the scan
     * @param labels its label map, on the same grid
     * @param path the file; its directory must exist
     * @throws IllegalArgumentException if the grids have different extents
     * @throws IOException if it cannot be written
     */
    public static void write(Volume volume, LabelMap labels, PreviewOptions options, Path path) throws IOException {
        byte[] png = png(render(volume, labels, options));
        AtomicOutput.write(path, out -> out.write(png));
    }

    /** An image as the bytes of a PNG file. */
    public static byte[] png(BufferedImage image) throws IOException {
        ImageWriter writer = ImageIO.getImageWritersByFormatName("png").next();
        try {
            IIOMetadata metadata =
                    writer.getDefaultImageMetadata(ImageTypeSpecifier.createFromRenderedImage(image), null);
            IIOMetadataNode entry = new IIOMetadataNode("tEXtEntry");
            entry.setAttribute("keyword", "Disclaimer");
            entry.setAttribute("value", IntendedUse.NOTICE);
            IIOMetadataNode texts = new IIOMetadataNode("tEXt");
            texts.appendChild(entry);
            IIOMetadataNode root = new IIOMetadataNode(PNG_METADATA);
            root.appendChild(texts);
            metadata.mergeTree(PNG_METADATA, root);
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            try (ImageOutputStream out = ImageIO.createImageOutputStream(bytes)) {
                writer.setOutput(out);
                writer.write(new IIOImage(image, null, metadata));
            }
            return bytes.toByteArray();
        } finally {
            writer.dispose();
        }
    }

    /** Where a panel's frame is; slices of other extents stand in the middle of frames of one height. */
    private record Frame(double x, double y, double width, double height) {

        double bottom() {
            return y + height;
        }

        double imageY(Panel panel) {
            return y + (height - panel.height()) / 2;
        }
    }

    private static List<Frame> frames(List<Panel> panels, boolean stacked, double top, double unit) {
        int tallest = panels.stream().mapToInt(Panel::height).max().orElseThrow();
        List<Frame> frames = new ArrayList<>();
        double x = MARGIN * unit;
        double y = top + CAPTION * unit;
        for (Panel panel : panels) {
            Frame frame = new Frame(x, y, panel.width(), stacked ? panel.height() : tallest);
            frames.add(frame);
            if (stacked) {
                y = frame.bottom() + CAPTION * unit;
            } else {
                x += frame.width + GAP * unit;
            }
        }
        return frames;
    }

    private static void drawCaption(Graphics2D g, View view, Plane plane, Frame frame, double unit) {
        double baseline = frame.y - 0.38 * CAPTION * unit;
        double end = Lettering.MEDIUM.draw(g, plane.title(), frame.x, baseline, 22 * unit, Palette.TEXT);
        Lettering.REGULAR.draw(g, position(view, plane), end + 12 * unit, baseline, 18 * unit, Palette.FAINT);
    }

    private static void drawImage(Graphics2D g, Panel panel, BufferedImage image, Frame frame, double unit) {
        Shape outline = new RoundRectangle2D.Double(
                frame.x, frame.y, frame.width, frame.height, 2 * CORNER * unit, 2 * CORNER * unit);
        g.setColor(Color.BLACK);
        g.fill(outline);
        Shape clip = g.getClip();
        g.clip(outline);
        g.drawImage(image, (int) Math.round(frame.x), (int) Math.round(frame.imageY(panel)), null);
        g.setClip(clip);
        // Drawn over the clipped corners, which are not smooth by themselves.
        g.setColor(Palette.FRAME);
        g.setStroke(new BasicStroke((float) (2 * unit)));
        g.draw(outline);
    }

    /** Where the other two slices cut this one. */
    private static void drawTicks(Graphics2D g, Panel panel, View view, Frame frame, double unit) {
        double length = 10 * unit;
        g.setColor(Palette.FAINT);
        g.setStroke(new BasicStroke((float) (1.6 * unit)));
        Axis columns = panel.plane().columns();
        Axis rows = panel.plane().rows();
        double x = frame.x + panel.pixel(columns, view.center()[columns.ordinal()]);
        double y = frame.imageY(panel) + panel.pixel(rows, view.center()[rows.ordinal()]);
        double right = frame.x + frame.width;
        double bottom = frame.y + frame.height;
        g.draw(new Line2D.Double(x, frame.y, x, frame.y + length));
        g.draw(new Line2D.Double(x, bottom - length, x, bottom));
        g.draw(new Line2D.Double(frame.x, y, frame.x + length, y));
        g.draw(new Line2D.Double(right - length, y, right, y));
    }

    private static void drawLetters(Graphics2D g, Plane plane, Frame frame, double unit) {
        char[] letters = plane.letters();
        double size = 20 * unit;
        double inset = 16 * unit;
        double capital = 0.71 * size;
        double middleX = frame.x + frame.width / 2;
        double middleY = frame.y + frame.height / 2 + capital / 2;
        double[][] places = {
            {frame.x + inset, middleY, 0},
            {frame.x + frame.width - inset, middleY, 1},
            {middleX, frame.y + inset + capital, 0.5},
            {middleX, frame.y + frame.height - inset, 0.5}
        };
        for (int i = 0; i < letters.length; i++) {
            String letter = String.valueOf(letters[i]);
            double left = places[i][0] - places[i][2] * Lettering.MEDIUM.width(letter, size);
            Lettering.MEDIUM.draw(g, letter, left + unit, places[i][1] + unit, size, Palette.BACKGROUND);
            Lettering.MEDIUM.draw(g, letter, left, places[i][1], size, Palette.TEXT);
        }
    }

    /** Five centimetres, in the lower left corner of a frame. */
    private static void drawScaleBar(Graphics2D g, Frame frame, double mmPerPixel, double unit) {
        double length = 50 / mmPerPixel;
        double x = frame.x + 18 * unit;
        double y = frame.y + frame.height - 20 * unit;
        g.setColor(Palette.TEXT);
        g.setStroke(new BasicStroke((float) (3 * unit)));
        g.draw(new Line2D.Double(x, y, x + length, y));
        Lettering.REGULAR.draw(g, "5 cm", x, y - 8 * unit, 16 * unit, Palette.TEXT);
    }

    /** Where a slice lies, by the patient's axis that it cuts: {@code S 1051 mm}. */
    private static String position(View view, Plane plane) {
        double[] index = new double[3];
        for (int axis = 0; axis < 3; axis++) {
            index[axis] = (view.from()[axis] + view.to()[axis] - 1) / 2.0;
        }
        index[plane.across().ordinal()] = view.slice(plane);
        double[] world = view.geometry().toWorld(index[2], index[1], index[0]);
        double mm = world[plane.across().column()];
        return String.format(
                Locale.ROOT,
                "%c %.0f mm",
                (mm < 0 ? "IPL" : "SAR").charAt(plane.across().ordinal()),
                Math.abs(mm));
    }

    private static final class LegendEntry {
        private final int label;
        private final String name;
        private final String volume;
        private double x;
        private int row;

        LegendEntry(int label, String name, String volume) {
            this.label = label;
            this.name = name;
            this.volume = volume;
        }

        double width(double unit) {
            return (34 + 10 + 44) * unit
                    + Lettering.MEDIUM.width(name, 22 * unit)
                    + Lettering.REGULAR.width(volume, 22 * unit);
        }
    }

    private static List<LegendEntry> legend(View view, LabelMap labels) {
        double voxelMl = labels.geometry().voxelVolume() / 1000;
        List<LegendEntry> legend = new ArrayList<>();
        for (Map.Entry<Integer, Long> entry : view.voxels().entrySet()) {
            int label = entry.getKey();
            String name = labels.names().getOrDefault(label, "label " + label);
            legend.add(new LegendEntry(label, name, volume(entry.getValue() * voxelMl)));
        }
        return legend;
    }

    private static String volume(double ml) {
        return ml < 10 ? String.format(Locale.ROOT, "%.1f ml", ml) : String.format(Locale.ROOT, "%.0f ml", ml);
    }

    /** Puts the entries side by side into rows and returns how many rows there are, the last with room at its end. */
    private static int layOut(List<LegendEntry> legend, int width, double unit) {
        double left = MARGIN * unit;
        double x = left;
        int row = 0;
        for (LegendEntry entry : legend) {
            double needed = entry.width(unit);
            if (x > left && x + needed > width - left) {
                row++;
                x = left;
            }
            entry.x = x;
            entry.row = row;
            x += needed;
        }
        return row + 1;
    }

    private static void drawLegend(
            Graphics2D g, List<LegendEntry> legend, double top, double unit, PreviewOptions options) {
        double size = 22 * unit;
        double end = MARGIN * unit;
        if (legend.isEmpty()) {
            end = Lettering.MEDIUM.draw(g, "No organ found", end, top + 30 * unit, size, Palette.TEXT);
        }
        double baseline = top + 30 * unit;
        for (LegendEntry entry : legend) {
            baseline = top + (entry.row * LEGEND_ROW + 30) * unit;
            g.setColor(Palette.organ(entry.label, entry.name));
            g.fill(new RoundRectangle2D.Double(
                    entry.x, baseline - 18 * unit, 22 * unit, 22 * unit, 10 * unit, 10 * unit));
            end = Lettering.MEDIUM.draw(g, entry.name, entry.x + 34 * unit, baseline, size, Palette.TEXT);
            end = Lettering.REGULAR.draw(g, entry.volume, end + 10 * unit, baseline, size, Palette.FAINT);
        }
        String window =
                String.format(Locale.ROOT, "Window %.0f / %.0f HU", options.windowCenter(), options.windowWidth());
        double x = options.width() - MARGIN * unit - Lettering.REGULAR.width(window, 18 * unit);
        if (x > end + 24 * unit) {
            Lettering.REGULAR.draw(g, window, x, baseline, 18 * unit, Palette.FAINT);
        }
    }
}
