// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.nn.plan;

import org.efficientsegnet.SegmentationException;

/** ND4J and what else only training needs, which lie on the class path or nowhere. Stateless and thread-safe. */
public final class OptionalLibraries {

    private OptionalLibraries() {}

    /**
     * Whether a class of theirs is there, which is not initialised. From then on this library may use what lies on the
     * class path also where it is a module itself, which as such reads named modules alone.
     *
     * @param className of the class
     */
    public static boolean have(String className) {
        ClassLoader loader = OptionalLibraries.class.getClassLoader();
        OptionalLibraries.class.getModule().addReads(loader.getUnnamedModule());
        try {
            Class.forName(className, false, loader);
            return true;
        } catch (ClassNotFoundException | LinkageError e) {
            return false;
        }
    }

    /**
     * As {@link #have}, for what cannot be done without.
     *
     * @param what the library, for the message
     * @throws SegmentationException if it is not there
     */
    public static void require(String className, String what) {
        if (!have(className)) {
            throw new SegmentationException(
                    what + " is not on the class path; add org.efficientsegnet:efficientsegnet-training (type pom)");
        }
    }

    /** Whether SameDiff is there. */
    public static boolean haveSameDiff() {
        return have("org.nd4j.autodiff.samediff.SameDiff");
    }
}
