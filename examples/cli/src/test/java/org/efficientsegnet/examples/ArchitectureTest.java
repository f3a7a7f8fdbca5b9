// SPDX-License-Identifier: Apache-2.0
package org.efficientsegnet.examples;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.GeneralCodingRules.NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.GeneralCodingRules.NO_CLASSES_SHOULD_USE_JAVA_UTIL_LOGGING;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import java.util.Arrays;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Who may know whom; docs/ARCHITECTURE.md says why. */
class ArchitectureTest {

    private static final String ROOT = "org.efficientsegnet";
    private static final String[] CORE = {
        ROOT,
        ROOT + ".anatomy",
        ROOT + ".bytes",
        ROOT + ".files",
        ROOT + ".labels",
        ROOT + ".metrics",
        ROOT + ".parallel",
        ROOT + ".pipeline",
        ROOT + ".postprocess",
        ROOT + ".preprocess",
        ROOT + ".spi",
        ROOT + ".surfaces",
        ROOT + ".volume"
    };

    private static JavaClasses library;

    @BeforeAll
    static void read() {
        library = new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .withImportOption(location -> !location.contains("/examples/"))
                .importPackages(ROOT);
        // A rule about no classes at all would always hold.
        for (String module : new String[] {".volume", ".io.dicom", ".nn.onednn", ".cuda"}) {
            assertTrue(
                    library.stream().anyMatch(c -> c.getPackageName().equals(ROOT + module)),
                    module + " is not among the classes");
        }
    }

    @Test
    void coreKnowsNobody() {
        noClasses()
                .that()
                .resideInAnyPackage(CORE)
                .should()
                .dependOnClassesThat()
                .resideOutsideOfPackages(with(CORE, "java.."))
                .check(library);
    }

    private static String[] with(String[] packages, String more) {
        String[] all = Arrays.copyOf(packages, packages.length + 1);
        all[packages.length] = more;
        return all;
    }

    @Test
    void formatsAndNetworksDoNotKnowEachOther() {
        noClasses()
                .that()
                .resideInAPackage(ROOT + ".io..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(ROOT + ".nn..", ROOT + ".cuda..")
                .check(library);
        noClasses()
                .that()
                .resideInAPackage(ROOT + ".nn..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(ROOT + ".io..", ROOT + ".cuda..")
                .check(library);
        noClasses()
                .that()
                .resideInAPackage(ROOT + ".cuda..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage(ROOT + ".io..")
                .check(library);
    }

    /** What is needed for inference loads without ND4J; a test of the lean class path runs it. */
    @Test
    void inferenceDoesNotTouchNd4j() {
        noClasses()
                .that()
                .resideInAnyPackage(
                        ROOT + ".nn.bundle",
                        ROOT + ".nn.onednn",
                        ROOT + ".nn.team",
                        ROOT + ".nn.weights",
                        ROOT + ".cuda..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("org.nd4j..", "org.knowm..", "org.apache.commons.math3..")
                .check(library);
    }

    @Test
    void packagesHaveNoCycles() {
        // The segmenter stands beside the types that it is used with; it and what it runs are one slice.
        Set<String> segmenter = Set.of("", ".spi", ".pipeline", ".preprocess", ".postprocess");
        slices().assignedFrom(new SliceAssignment() {
                    @Override
                    public SliceIdentifier getIdentifierOf(JavaClass type) {
                        String name = type.getPackageName();
                        if (!name.startsWith(ROOT)) {
                            return SliceIdentifier.ignore();
                        }
                        return SliceIdentifier.of(segmenter.contains(name.substring(ROOT.length())) ? ROOT : name);
                    }

                    @Override
                    public String getDescription() {
                        return "packages";
                    }
                })
                .should()
                .beFreeOfCycles()
                .check(library);
    }

    @Test
    void nothingIsPrinted() {
        NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS.check(library);
        NO_CLASSES_SHOULD_USE_JAVA_UTIL_LOGGING.check(library);
    }
}
