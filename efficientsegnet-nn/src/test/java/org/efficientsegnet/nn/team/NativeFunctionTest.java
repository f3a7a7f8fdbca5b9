// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.team;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** By {@code umask}, a C function of one integer whose effect is seen in files that are made afterwards. */
@EnabledOnOs(OS.LINUX)
class NativeFunctionTest {

    private static final int USUAL = 0022;

    @TempDir
    private Path directory;

    private NativeFunction used;

    private static long umask() {
        Loader.load(Pointer.class);
        return Loader.addressof("umask").address();
    }

    @AfterEach
    void reset() throws Throwable {
        if (used != null) {
            used.call(USUAL);
        }
    }

    private void assertCalls(NativeFunction function) throws Throwable {
        used = function;
        function.call(0077);
        assertEquals("rw-------", permissions("own"));
        function.call(0027);
        assertEquals("rw-r-----", permissions("group"));
    }

    private String permissions(String name) throws IOException {
        Path file = Files.createFile(directory.resolve(name));
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
    }

    @Test
    void callsWhereJavaCppIsOpen() throws Throwable {
        assertCalls(NativeFunction.at(umask()));
    }

    @Test
    void callsWithoutTheConstructor() throws Throwable {
        assumeTrue(Runtime.version().feature() < 22, "Java's linker is taken from Java 22 on");
        assertCalls(NativeFunction.allocated(umask()));
    }

    @Test
    void callsByJavasLinker() throws Throwable {
        assumeTrue(Runtime.version().feature() >= 22, "Java has a linker from Java 22 on");
        assertCalls(NativeFunction.linked(umask()));
    }
}
