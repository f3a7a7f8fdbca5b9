// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.spark;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.apache.hadoop.fs.Path;
import org.efficientsegnet.io.cases.CaseState;

/**
 * A file a case that is being worked on. One that is there when the case is begun tells that a virtual machine was lost
 * with it; Spark's own counts of attempts start again when a stage does. Markers of other runs mean nothing: that run may
 * have been stopped.
 */
final class CrashMarkers {

    private static final int MOST_BYTES = 1000;

    private final RemoteFiles files;
    private final Path folder;
    private final String run;

    CrashMarkers(RemoteFiles files, Path output, String run) {
        this.files = files;
        this.folder = new Path(output, CaseState.MEMORY + "/running");
        this.run = run;
    }

    /** In which phase of this run a virtual machine was lost with this case; empty if in none. */
    Optional<CaseWork.Phase> lostIn(String id) throws IOException {
        return files.read(place(id), MOST_BYTES)
                .map(bytes -> new String(bytes, StandardCharsets.UTF_8).split(" "))
                .filter(parts -> parts.length == 2 && parts[0].equals(run))
                .map(parts -> CaseWork.Phase.valueOf(parts[1]));
    }

    void begin(String id, CaseWork.Phase phase) throws IOException {
        byte[] text = (run + " " + phase).getBytes(StandardCharsets.UTF_8);
        files.publish(place(id), out -> out.write(text));
    }

    void end(String id) throws IOException {
        files.delete(place(id));
    }

    private Path place(String id) {
        return new Path(folder, id + ".txt");
    }
}
