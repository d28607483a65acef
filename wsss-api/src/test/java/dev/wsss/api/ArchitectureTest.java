package dev.wsss.api;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "dev.wsss", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    @ArchTest
    static final ArchRule API_KNOWS_NO_NATIVE_CODE =
            noClasses().should().dependOnClassesThat().resideInAnyPackage("org.bytedeco..", "org.nd4j..");

    @ArchTest
    static final ArchRule API_KNOWS_NO_OTHER_MODULE = noClasses()
            .that()
            .resideInAPackage("dev.wsss.api..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("dev.wsss.core..", "dev.wsss.models..", "dev.wsss.datasets..", "dev.wsss.examples..");
}
