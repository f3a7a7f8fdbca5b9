// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.spark;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.ForkJoinPool;
import org.efficientsegnet.Precision;
import org.efficientsegnet.Segmenter;
import org.efficientsegnet.SegmenterLoadException;
import org.efficientsegnet.io.cases.Explanation;
import org.efficientsegnet.spark.storage.Natives;
import org.efficientsegnet.spark.storage.Scratch;
import org.efficientsegnet.spi.EngineOptions.Concurrency;
import org.efficientsegnet.spi.ModelBundle;

/**
 * The one segmenter of a virtual machine, loaded when the first case needs it and kept for those to come; the tasks of an
 * executor run side by side in it. It is replaced when nobody uses it and another one is asked for.
 */
final class ExecutorSegmenter {

    private static ExecutorSegmenter loaded;

    private final Choice choice;
    private final Segmenter segmenter;
    private final String runsOn;
    private int users;

    private ExecutorSegmenter(Choice choice, Segmenter segmenter) {
        this.choice = choice;
        this.segmenter = segmenter;
        this.runsOn = segmenter
                .describe()
                .lines()
                .filter(line -> line.startsWith("engine"))
                .map(line -> line.substring("engine".length()).strip())
                .findFirst()
                .orElse(segmenter.engine());
    }

    private record Choice(BatchSettings.Model model, String engine, Precision precision, int threads) {}

    /**
     * Takes the segmenter, loading it if need be.
     *
     * @return what the caller gives back
     * @throws SegmenterLoadException if it cannot be loaded, whatever the reason
     */
    static synchronized ExecutorSegmenter take(BatchSettings settings, RemoteFiles files) {
        Choice choice = new Choice(settings.model(), settings.engine(), settings.precision(), settings.threads());
        if (loaded == null || !loaded.choice.equals(choice)) {
            if (loaded != null && loaded.users == 0) {
                loaded.segmenter.close();
            }
            loaded = null;
            loaded = new ExecutorSegmenter(choice, load(choice, files));
        }
        loaded.users++;
        return loaded;
    }

    /** Gives it back. */
    void giveBack() {
        synchronized (ExecutorSegmenter.class) {
            users--;
            if (users == 0 && loaded != this) {
                segmenter.close();
            }
        }
    }

    Segmenter segmenter() {
        return segmenter;
    }

    /** The engine and the processor it runs on; labels of processors with other instructions differ by single voxels. */
    String runsOn() {
        return runsOn;
    }

    private static Segmenter load(Choice choice, RemoteFiles files) {
        try {
            Natives.prepare();
            Segmenter.Builder builder = Segmenter.builder()
                    .model(readModel(choice.model().uri(), files))
                    .precision(choice.precision())
                    .threads(choice.threads())
                    .executor(ForkJoinPool.commonPool())
                    .concurrency(Concurrency.SIDE_BY_SIDE);
            if (choice.engine() != null) {
                builder.engine(choice.engine());
            }
            return builder.build();
        } catch (SegmenterLoadException e) {
            throw e;
        } catch (IOException | RuntimeException | Error e) {
            throw new SegmenterLoadException("the model cannot be loaded: " + Explanation.of(e), e);
        }
    }

    /**
     * Reads a model, wherever it lies.
     *
     * @param uri of the bundle, a folder or a zip file; null for the pretrained one
     * @throws SegmenterLoadException if it cannot be read
     */
    static ModelBundle readModel(String uri, RemoteFiles files) {
        if (uri == null) {
            return Segmenter.builder().readModel();
        }
        Path room = null;
        String local = "";
        try {
            room = Scratch.room("model");
            RemoteFiles.Input input = files.look(uri);
            local = room.resolve(input.name()).toString();
            return Segmenter.builder().model(files.copy(input, room)).readModel();
        } catch (SegmenterLoadException e) {
            throw new SegmenterLoadException(String.valueOf(e.getMessage()).replace(local, uri), e);
        } catch (IOException e) {
            throw new SegmenterLoadException("the model cannot be read: " + Explanation.of(e), e);
        } finally {
            if (room != null) {
                Scratch.deleteQuietly(room);
            }
        }
    }
}
