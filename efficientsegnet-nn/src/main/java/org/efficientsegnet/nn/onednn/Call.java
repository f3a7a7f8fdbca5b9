package org.efficientsegnet.nn.onednn;

import org.bytedeco.dnnl.IntMemoryMap;
import org.bytedeco.dnnl.primitive;
import org.bytedeco.dnnl.stream;

/** Something that computes on memory which was fixed beforehand. */
interface Call {

    /** Computes; when it returns, the results are there. */
    void run(stream stream);

    /** What computes, for tables. */
    String implementation();

    /**
     * A primitive with its arguments.
     *
     * @param primitive what runs
     * @param arguments its memory by role
     * @param implementation what oneDNN chose
     */
    record OfPrimitive(primitive primitive, IntMemoryMap arguments, String implementation) implements Call {
        @Override
        public void run(stream stream) {
            primitive.execute(stream, arguments);
        }
    }
}
