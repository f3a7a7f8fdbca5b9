// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.imagej;

import ij.IJ;
import ij.ImagePlus;
import ij.Prefs;
import ij.gui.GenericDialog;
import ij.plugin.PlugIn;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.efficientsegnet.CancellationToken;
import org.efficientsegnet.ProgressListener;
import org.efficientsegnet.SegmentationCancelledException;
import org.efficientsegnet.SegmentationException;
import org.efficientsegnet.Segmenter;
import org.efficientsegnet.volume.Orientation;

/**
 * The plugin: segments the open stack, shows its labels in colours and a table of the organs. It asks how the stack lies in
 * the patient; proposed is what its DICOM headers say, or else what was answered last, which ImageJ's preferences keep.
 * Escape stops it. Macros call it by {@code run("Segment Organs...", "orientation=LPS kidneys")}.
 */
public final class SegmentOrgans implements PlugIn {

    static final String ORIENTATION_KEY = "efficientsegnet.orientation";
    static final String KIDNEYS_KEY = "efficientsegnet.kidneys";

    private static final String USUAL = "LPS";
    private static final String TITLE = "Segment Organs";

    /** The usual stacks first: axial, seen from the feet, from the feet upwards or from the head downwards. */
    private static final List<String> CODES = Stream.concat(
                    Stream.of(USUAL, "LPI"), Orientation.all().stream().map(Orientation::toString))
            .distinct()
            .toList();

    private final Function<Settings, Optional<Settings>> dialog;
    private final Supplier<Segmenter> segmenters;

    /**
     * What the user is asked.
     *
     * @param orientation how the stack lies in the patient
     * @param fromHeaders whether the DICOM headers say so
     * @param sides whether the kidneys get labels of their own
     */
    record Settings(Orientation orientation, boolean fromHeaders, boolean sides) {}

    /** For ImageJ, which makes one for every call. */
    public SegmentOrgans() {
        this(SegmentOrgans::ask, Segmenter::pretrained);
    }

    /** @param dialog is given what is proposed; nothing is done if it gives nothing */
    SegmentOrgans(Function<Settings, Optional<Settings>> dialog, Supplier<Segmenter> segmenters) {
        this.dialog = dialog;
        this.segmenters = segmenters;
    }

    @Override
    public void run(String argument) {
        ImagePlus image = IJ.getImage();
        try {
            segment(image).ifPresent(SegmentOrgans::show);
        } catch (SegmentationCancelledException e) {
            IJ.showStatus("Segmenting was stopped");
        } catch (StackException | SegmentationException e) {
            IJ.error(TITLE, e.getMessage());
        } finally {
            IJ.showProgress(1);
        }
    }

    /** Asks, segments, and remembers the answer; nothing if the user does not want to. */
    Optional<OrganStack> segment(ImagePlus image) {
        Optional<Orientation> known = Stacks.orientation(image);
        Settings proposed = new Settings(
                known.orElseGet(SegmentOrgans::remembered), known.isPresent(), Prefs.get(KIDNEYS_KEY, true));
        Optional<Settings> answer = dialog.apply(proposed);
        if (answer.isEmpty()) {
            return Optional.empty();
        }
        Settings settings = answer.get();
        if (known.isEmpty()) {
            Prefs.set(ORIENTATION_KEY, settings.orientation().toString());
        }
        Prefs.set(KIDNEYS_KEY, settings.sides());
        IJ.resetEscape();
        IJ.showStatus("Loading the model");
        try (Segmenter segmenter = segmenters.get()) {
            CancellationToken cancellation = new CancellationToken();
            ProgressListener progress = (stage, fraction) -> {
                IJ.showStatus("Segmenting: " + stage.label());
                IJ.showProgress(fraction);
                if (IJ.escapePressed()) {
                    cancellation.cancel();
                }
            };
            return Optional.of(
                    OrganStack.of(image, settings.orientation(), settings.sides(), segmenter, progress, cancellation));
        }
    }

    /** What was answered last; preferences are a text that anybody may write. */
    private static Orientation remembered() {
        String code = Prefs.get(ORIENTATION_KEY, USUAL);
        return Orientation.of(CODES.contains(code) ? code : USUAL);
    }

    private static void show(OrganStack found) {
        found.labels().show();
        found.table().show("Organs");
        found.warnings().forEach(warning -> IJ.log("Warning: " + warning));
    }

    private static Optional<Settings> ask(Settings proposed) {
        GenericDialog dialog = new GenericDialog(TITLE);
        dialog.addMessage("For research and software testing, not for clinical use.");
        dialog.addChoice(
                "Orientation",
                CODES.toArray(String[]::new),
                proposed.orientation().toString());
        dialog.addMessage("Towards where columns, rows and slices grow: Left or Right of the patient, Posterior or\n"
                + "Anterior, Superior or Inferior. An axial stack seen from the feet is LPS if it begins at\n"
                + "the feet and LPI if it begins at the head. A wrong answer gives wrong organs.\n"
                + (proposed.fromHeaders()
                        ? "Proposed is what the DICOM headers say; change it only if the stack was turned."
                        : "The stack does not say it; proposed is what was answered last."));
        dialog.addCheckbox("Kidneys right and left", proposed.sides());
        dialog.showDialog();
        if (dialog.wasCanceled()) {
            return Optional.empty();
        }
        String code = dialog.getNextChoice();
        if (!CODES.contains(code)) {
            throw new StackException("the orientation " + code + " is none of " + String.join(", ", CODES));
        }
        return Optional.of(new Settings(Orientation.of(code), proposed.fromHeaders(), dialog.getNextBoolean()));
    }
}
