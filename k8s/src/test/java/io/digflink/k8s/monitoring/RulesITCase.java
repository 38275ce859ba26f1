package io.digflink.k8s.monitoring;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.digflink.k8s.K8sFolder;
import io.digflink.k8s.Programs;
import io.digflink.tools.Tool;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests the alert rules with Prometheus' own tool. */
class RulesITCase {
  private static final Path TESTS = K8sFolder.path().resolve("monitoring/rules-test.yaml");

  @TempDir private Path directory;
  private String promtool;

  @BeforeEach
  void extractTheRules() throws Exception {
    promtool = Tool.require("promtool");
    new YAMLMapper()
        .writeValue(
            directory.resolve("rules-under-test.yaml").toFile(), Queries.rules().at("/spec"));
  }

  @Test
  void promtoolAcceptsTheRules() throws Exception {
    String rules = directory.resolve("rules-under-test.yaml").toString();

    assertThat(Programs.output(List.of(promtool, "check", "rules", rules))).contains("SUCCESS");
  }

  @Test
  void everyAlertFiresInTroubleAndNoneWhileAllIsWell() throws Exception {
    Path tests = Files.copy(TESTS, directory.resolve("rules-test.yaml"));

    assertThat(Programs.output(List.of(promtool, "test", "rules", tests.toString())))
        .contains("SUCCESS");
  }
}
