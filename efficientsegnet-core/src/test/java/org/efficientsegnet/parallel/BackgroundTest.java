// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.parallel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class BackgroundTest {

    @Test
    void worksWhileTheCallerDoes() throws IOException {
        CountDownLatch calling = new CountDownLatch(1);
        Background<String> background = Background.start(() -> {
            calling.await();
            return Thread.currentThread().getName();
        });
        calling.countDown();
        assertEquals("efficientsegnet-background", background.join(IOException.class));
    }

    @Test
    void findsServicesWhereTheCallerDoes() throws IOException {
        ClassLoader own = Thread.currentThread().getContextClassLoader();
        ClassLoader plugin = new ClassLoader(own) {};
        Thread.currentThread().setContextClassLoader(plugin);
        try {
            assertSame(
                    plugin,
                    Background.start(() -> Thread.currentThread().getContextClassLoader())
                            .join(IOException.class));
        } finally {
            Thread.currentThread().setContextClassLoader(own);
        }
    }

    @Test
    void failuresAreThrownAsTheyAre() {
        for (Throwable failure : List.of(new IOException("a"), new IllegalStateException("b"), new LinkageError("c"))) {
            Background<Object> background = Background.start(() -> {
                if (failure instanceof Error error) {
                    throw error;
                }
                throw (Exception) failure;
            });
            assertSame(failure, assertThrows(Throwable.class, () -> background.join(IOException.class)));
        }
    }

    @Test
    void anInterruptDoesNotEndTheWait() throws IOException {
        Thread.currentThread().interrupt();
        assertEquals(7, Background.start(() -> 7).join(IOException.class));
        assertTrue(Thread.interrupted());
    }

    @Test
    void whatNobodyWantsIsFreed() {
        List<Integer> freed = new ArrayList<>();
        Background.start(() -> 3).abandon(freed::add);
        assertEquals(List.of(3), freed);
        Background.<Integer>start(() -> {
                    throw new IOException("damaged");
                })
                .abandon(freed::add);
        assertEquals(List.of(3), freed);
    }
}
