// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.onednn;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Supplier;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;

/** Owns native objects; {@link #close} frees them, the last kept first. Not thread-safe. */
public final class NativeObjects implements AutoCloseable {

    private final Deque<Pointer> kept = new ArrayDeque<>();

    /** Takes ownership, also of what was made within {@link #scoped}. */
    public <P extends Pointer> P keep(P pointer) {
        pointer.retainReference();
        kept.push(pointer);
        return pointer;
    }

    /** Calls the body and frees, at its end, every native object that it made and nobody kept. */
    public static <T> T scoped(Supplier<T> body) {
        PointerScope scope = new PointerScope();
        try {
            return body.get();
        } finally {
            scope.close();
        }
    }

    @Override
    public void close() {
        while (!kept.isEmpty()) {
            kept.pop().releaseReference();
        }
    }
}
