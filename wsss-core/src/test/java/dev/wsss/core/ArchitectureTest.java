package dev.wsss.core;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "dev.wsss.core", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {
    @ArchTest
    static final ArchRule KNOWS_NO_NETWORK_AND_NO_DATASET = noClasses()
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("dev.wsss.models..", "dev.wsss.datasets..", "dev.wsss.examples..");

    @ArchTest
    static final ArchRule NAMES_NO_DATASET =
            noClasses().should().haveSimpleNameContaining("Voc").orShould().haveSimpleNameContaining("Cityscapes");

    @ArchTest
    static final ArchRule ONE_LIBTORCH =
            noClasses().should().dependOnClassesThat().resideInAPackage("ai.djl.pytorch..");

    @ArchTest
    static final ArchRule ND4J_IN_ONE_PACKAGE = noClasses()
            .that()
            .resideOutsideOfPackage("dev.wsss.core.nd4j..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.nd4j..");

    @ArchTest
    static final ArchRule CUDA_PRESETS_IN_ONE_PACKAGE = noClasses()
            .that()
            .resideOutsideOfPackage("dev.wsss.core.cuda..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.bytedeco.cuda..");

    @ArchTest
    static final ArchRule NO_CYCLES =
            slices().matching("dev.wsss.core.(*)..").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule FILES_NEED_NO_NATIVE_CODE = classes()
            .that()
            .resideInAnyPackage(
                    "dev.wsss.core.io..",
                    "dev.wsss.core.checkpoint..",
                    "dev.wsss.core.image..",
                    "dev.wsss.core.metrics..",
                    "dev.wsss.core.label..",
                    "dev.wsss.core.report..")
            .should()
            .onlyDependOnClassesThat()
            .resideOutsideOfPackages("org.bytedeco..");
}
