package dev.wsss.models;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** What networks may know. */
@AnalyzeClasses(packages = "dev.wsss.models", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {
    @ArchTest
    static final ArchRule NO_DATASETS =
            noClasses().should().dependOnClassesThat().resideInAnyPackage("dev.wsss.datasets..", "dev.wsss.examples..");

    @ArchTest
    static final ArchRule NO_CYCLES =
            slices().matching("dev.wsss.models.(*)..").should().beFreeOfCycles();
}
