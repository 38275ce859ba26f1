package io.digflink.k8s.monitoring;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.digflink.k8s.K8sFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

class RunbookTest {
  private static final String PAGE = "jobs/RUNBOOK.md";

  @Test
  void everyAlertHasAParagraph() throws IOException {
    List<String> paragraphs =
        runbook()
            .lines()
            .filter(line -> line.startsWith("## "))
            .map(line -> PAGE + "#" + line.substring(3).toLowerCase(Locale.ROOT).replace(' ', '-'))
            .toList();

    for (JsonNode rule : Queries.rules().at("/spec/groups/0/rules")) {
      assertThat(paragraphs).contains(rule.at("/annotations/runbook").asText());
      assertThat(runbook()).contains(rule.path("alert").asText());
    }
  }

  @Test
  void everyPanelIsExplained() throws IOException {
    String oneLine = runbook().replace('\n', ' ');

    for (JsonNode panel : Queries.dashboard().path("panels")) {
      assertThat(oneLine).contains("*" + panel.path("title").asText() + "*");
    }
  }

  private static String runbook() throws IOException {
    return Files.readString(K8sFolder.repository().resolve(PAGE));
  }
}
