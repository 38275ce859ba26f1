package io.digflink.k8s.image;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.k8s.K8sFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DockerfileTest {
  private static Dockerfile dockerfile() throws IOException {
    return Dockerfile.parse(Files.readString(K8sFolder.path().resolve("image/Dockerfile")));
  }

  @Test
  void hadolintsRulesFindNothing() throws IOException {
    assertThat(DockerfileLint.findings(dockerfile())).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "FROM flink                                           | 1: DL3006",
        "FROM flink:latest                                    | 1: DL3007",
        "FROM f:1\\nWORKDIR src                                | 2: DL3000",
        "FROM f:1\\nRUN sudo ls                                | 2: DL3004",
        "FROM f:1\\nADD a b                                    | 2: DL3020",
        "FROM f:1\\nCMD help                                   | 2: DL3025",
        "FROM f:1\\nENTRYPOINT help                            | 2: DL3025",
        "FROM f:1\\nRUN apt install x                          | 2: DL3027",
        "FROM f:1\\nRUN apt-get install -y x                   | 2: DL3008",
        "FROM f:1\\nRUN apt-get install -y x=1                 | 2: DL3009",
        "FROM f:1\\nRUN apt-get install x=1                    | 2: DL3014",
        "FROM f:1\\nRUN apt-get install -y x=1                 | 2: DL3015",
        "FROM f:1\\nRUN a\\nRUN c                               | 3: DL3059",
        "FROM f:1\\nMAINTAINER me                              | 2: DL4000",
        "FROM f:1\\nRUN wget x                                 | 2: DL4001",
        "FROM f:1\\nRUN true                                   | 2: DL3002",
      })
  void eachRuleFindsWhatBreaksIt(String dockerfile, String finding) {
    String text = dockerfile.replace("\\n", "\n");

    assertThat(DockerfileLint.findings(Dockerfile.parse(text)))
        .anySatisfy(found -> assertThat(found).startsWith(finding));
  }

  @Test
  void continuationLinesBelongToTheInstructionThatTheyContinue() {
    Dockerfile parsed = Dockerfile.parse("FROM f:1 AS x\nCOPY --from=y a \\\n# why\n  b\nUSER 1");

    assertThat(parsed.stage("x").instructions())
        .containsExactly(
            new Instruction(1, "FROM", List.of(), "f:1 AS x", List.of()),
            new Instruction(2, "COPY", List.of("--from=y"), "a   b", List.of()),
            new Instruction(5, "USER", List.of(), "1", List.of()));
  }

  @Test
  void aRuleIsSilentWhereACommentSwitchesItOff() {
    String text = "FROM f:1\n# hadolint ignore=DL3020\nADD a b\nUSER 1\n";

    assertThat(DockerfileLint.findings(Dockerfile.parse(text))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "cuda"})
  void theLastStageHasLabelsAndAnUnprivilegedUserAndNoBuildTools(String variant)
      throws IOException {
    List<Instruction> instructions = dockerfile().stage(variant).instructions();

    assertThat(instructions).anyMatch(i -> i.is("LABEL") && i.arguments().contains("licenses"));
    assertThat(instructions).anyMatch(i -> i.is("USER") && i.arguments().equals("9999:9999"));
    assertThat(instructions)
        .filteredOn(i -> i.is("RUN"))
        .noneMatch(i -> i.arguments().matches(".*(apt-get|mvn|g\\+\\+|cmake|nvcc).*"));
    assertThat(dockerfile().stage(variant).base()).doesNotContain("devel").doesNotContain("jdk");
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "cuda"})
  void onnxRuntimesTelemetryIsOff(String variant) throws IOException {
    assertThat(dockerfile().stage(variant).instructions())
        .anyMatch(i -> i.is("ENV") && i.words().contains("ORT_DISABLE_TELEMETRY=1"));
  }

  @Test
  void theVersionsAreThoseOfTheBuild() throws IOException {
    String pom = Files.readString(K8sFolder.repository().resolve("pom.xml"));
    String flink = pom.replaceAll("(?s).*<flink.version>(.*)</flink.version>.*", "$1");

    assertThat(dockerfile().stage("flink").base()).startsWith("flink:" + flink + "-");
    assertThat(Files.readString(K8sFolder.path().resolve("image/Dockerfile")))
        .contains("flink-s3-fs-hadoop-" + flink + ".jar");
  }

  @Test
  void everyPathCopiedFromTheContextOrTheSourcesIsThere() throws IOException {
    Path module = K8sFolder.repository();
    for (Dockerfile.Stage stage : dockerfile().stages()) {
      for (Instruction copy : stage.instructions()) {
        if (copy.is("COPY") && copy.flag("from").isEmpty()) {
          assertThat(module.resolve(copy.words().get(0))).exists();
        }
      }
    }
  }
}
