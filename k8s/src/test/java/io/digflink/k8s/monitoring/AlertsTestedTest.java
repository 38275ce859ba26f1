package io.digflink.k8s.monitoring;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.digflink.k8s.K8sFolder;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class AlertsTestedTest {
  private static JsonNode tests() throws IOException {
    return new YAMLMapper()
        .readTree(K8sFolder.path().resolve("monitoring/rules-test.yaml").toFile())
        .path("tests");
  }

  @Test
  void eachAlertHasATestInWhichItFiresAndOneInWhichItDoesNot() throws IOException {
    List<String> silent = tests().get(0).path("alert_rule_test").findValuesAsText("alertname");
    String firing = tests().toString();

    for (JsonNode rule : Queries.rules().at("/spec/groups/0/rules")) {
      String alert = rule.path("alert").asText();
      assertThat(silent).contains(alert);
      assertThat(firing).contains("alertname=\\\"" + alert + "\\\"");
    }
  }
}
