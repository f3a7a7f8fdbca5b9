// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class NativeSettingsTest {

    @Test
    void aUserWithoutAHomeUnpacksNothingWhereTheProgramWasStarted() {
        assertEquals(Optional.empty(), NativeSettings.cacheFolder("/home/segmenter", "/tmp"));
        assertEquals(Optional.of("/tmp/.javacpp/cache"), NativeSettings.cacheFolder("?", "/tmp"));
    }
}
