// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples.cli;

import picocli.CommandLine.IVersionProvider;

/** What {@code --version} prints. */
public final class Version implements IVersionProvider {

    /** The version of this program; unknown when it does not run from its jar. */
    static String ofProgram() {
        String version = Version.class.getPackage().getImplementationVersion();
        return version == null ? "(not run from its jar)" : version;
    }

    @Override
    public String[] getVersion() {
        return new String[] {
            "EfficientSegNet for Java " + ofProgram(),
            "Java " + Runtime.version() + " (" + System.getProperty("java.vm.name") + ") on "
                    + System.getProperty("os.name") + " " + System.getProperty("os.arch")
        };
    }
}
