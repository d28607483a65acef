package dev.wsss.datasets;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "dev.wsss.datasets", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    @ArchTest
    static final ArchRule DATASETS_KNOW_NO_NATIVE_CODE =
            noClasses().should().dependOnClassesThat().resideInAnyPackage("org.bytedeco..", "org.nd4j..");

    @ArchTest
    static final ArchRule DATASETS_KNOW_THE_API_ONLY = noClasses()
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("dev.wsss.core..", "dev.wsss.models..", "dev.wsss.examples..");

    /** Drawing by AWT would give other scenes on other platforms. */
    @ArchTest
    static final ArchRule SCENES_ARE_DRAWN_WITHOUT_AWT =
            noClasses().should().dependOnClassesThat().resideInAPackage("java.awt..");

    /** The intrinsics behind java.lang.Math may differ in the last bit. */
    @ArchTest
    static final ArchRule SCENES_USE_STRICT_FUNCTIONS = noClasses()
            .should()
            .callMethod(Math.class, "sin", double.class)
            .orShould()
            .callMethod(Math.class, "cos", double.class)
            .orShould()
            .callMethod(Math.class, "pow", double.class, double.class)
            .orShould()
            .callMethod(Math.class, "exp", double.class);
}
