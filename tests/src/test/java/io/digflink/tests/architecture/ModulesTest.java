package io.digflink.tests.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Which module may use which; the poms say the same, and the compiler keeps to those. */
class ModulesTest {
  private static final String ROOT = "io.digflink.";

  /** The packages of each module. */
  private static final Map<String, List<String>> MODULES =
      Map.of(
          "schemas", List.of("schemas"),
          "bundle", List.of("bundle"),
          "operators", List.of("operators"),
          "export", List.of("export"),
          "runtime", List.of("runtime"),
          "flink", List.of("jobs", "synthesis"),
          "cli", List.of("cli"),
          "lab", List.of("lab"));

  /** The modules that a module may use, directly or through another one. */
  private static final Map<String, List<String>> MAY_USE =
      Map.of(
          "schemas", List.of(),
          "bundle", List.of(),
          "operators", List.of(),
          "export", List.of("bundle", "operators"),
          "runtime", List.of("bundle", "operators"),
          "flink", List.of("schemas", "bundle", "operators", "runtime"),
          "cli", List.of("schemas", "bundle", "operators", "export", "runtime", "flink"),
          "lab", List.of("schemas", "bundle", "operators", "export", "runtime", "flink", "cli"));

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .withImportOption(location -> !location.contains("-tests.jar"))
          .importPackages("io.digflink");

  @TestFactory
  Stream<DynamicTest> aModuleUsesOnlyTheModulesBelowIt() {
    return MODULES.keySet().stream()
        .sorted()
        .map(
            module ->
                DynamicTest.dynamicTest(
                    module,
                    () ->
                        noClasses()
                            .that()
                            .resideInAnyPackage(packages(Stream.of(module)))
                            .should()
                            .dependOnClassesThat()
                            .resideInAnyPackage(packages(forbiddenTo(module)))
                            .check(CLASSES)));
  }

  @Test
  void theRuntimeKnowsNeitherFlinkNorKafka() {
    noClasses()
        .that()
        .resideInAnyPackage(packages(Stream.of("bundle", "operators", "export", "runtime")))
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("org.apache.flink..", "org.apache.kafka..", "org.apache.avro..")
        .check(CLASSES);
  }

  @Test
  void packagesOfTheJobsHaveNoCycles() {
    slices().matching("io.digflink.jobs.(*)..").should().beFreeOfCycles().check(CLASSES);
  }

  private static Stream<String> forbiddenTo(String module) {
    return MODULES.keySet().stream()
        .filter(other -> !other.equals(module) && !MAY_USE.get(module).contains(other));
  }

  private static String[] packages(Stream<String> modules) {
    return modules
        .flatMap(module -> MODULES.get(module).stream())
        .map(name -> ROOT + name + "..")
        .toArray(String[]::new);
  }
}
