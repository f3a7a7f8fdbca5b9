package org.efficientsegnet.nn.onednn;

import java.util.List;
import org.bytedeco.dnnl.IntMemoryMap;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.primitive;
import org.bytedeco.dnnl.stream;
import org.bytedeco.javacpp.BytePointer;

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

    /**
     * A call on one slab after the other, with the same few native objects: memory moves along, and back at the end.
     *
     * @param call on the first slab
     * @param moving what lies elsewhere for every slab
     * @param times how many slabs
     */
    record Repeated(Call call, List<Moving> moving, int times) implements Call {
        @Override
        public void run(stream stream) {
            List<BytePointer> begins = moving.stream()
                    .map(m -> new BytePointer(m.memory().get_data_handle()))
                    .toList();
            try {
                for (int i = 0; i < times; i++) {
                    move(begins, i);
                    call.run(stream);
                }
            } finally {
                move(begins, 0);
            }
        }

        private void move(List<BytePointer> begins, long slab) {
            for (int m = 0; m < begins.size(); m++) {
                Moving moved = moving.get(m);
                moved.memory().set_data_handle(begins.get(m).position(slab * moved.bytes()));
            }
        }

        @Override
        public String implementation() {
            return call.implementation();
        }
    }

    /**
     * Memory that moves.
     *
     * @param memory for the first slab
     * @param bytes from one slab to the next
     */
    record Moving(memory memory, long bytes) {}
}
