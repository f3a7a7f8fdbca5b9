// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.benchmarks;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.efficientsegnet.volume.Shape;

/**
 * ONNX Runtime's Java API on the same network, as its documentation advises: direct buffers for input and output, all
 * graph optimisations, as many threads as the engines get. Close it to free the session.
 */
final class OnnxPeer implements AutoCloseable {

    private final OrtSession session;
    private final OnnxTensor input;
    private final OnnxTensor output;

    /**
     * @param name {@code fine} or {@code coarse}
     * @param size the cube that the file was made for
     */
    OnnxPeer(String name, Shape size) throws OrtException {
        String folder = System.getProperty("efficientsegnet.peers");
        Path file = folder == null ? null : Path.of(folder, name + size.x() + ".onnx");
        if (file == null || !Files.exists(file)) {
            throw new IllegalStateException(
                    "skipped: -Defficientsegnet.peers=DIR has to name a folder with " + name + size.x() + ".onnx");
        }
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(Runtime.getRuntime().availableProcessors());
            options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
            session = environment.createSession(file.toString(), options);
        }
        FloatBuffer values = direct(size.arrayLength());
        values.put(Workload.input(size)).rewind();
        input = OnnxTensor.createTensor(environment, values, new long[] {1, 1, size.z(), size.y(), size.x()});
        output = OnnxTensor.createTensor(
                environment, direct(4 * size.arrayLength()), new long[] {1, 4, size.z(), size.y(), size.x()});
    }

    private static FloatBuffer direct(int length) {
        return ByteBuffer.allocateDirect(length * Float.BYTES)
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer();
    }

    /** One pass. */
    void run() throws OrtException {
        try (OrtSession.Result result = session.run(Map.of("x", input), java.util.Set.of(), Map.of("y", output))) {
            if (result.size() == 0) {
                throw new IllegalStateException("no output");
            }
        }
    }

    @Override
    public void close() throws OrtException {
        input.close();
        output.close();
        session.close();
    }
}
