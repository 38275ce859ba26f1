package io.digflink.k8s.monitoring;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.digflink.k8s.K8sFolder;
import io.digflink.k8s.manifest.Manifest;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** The queries of the alert rules and of the dashboard. */
final class Queries {
  private static final Pattern SELECTOR = Pattern.compile("\\{[^}]*}");
  private static final Pattern METRIC = Pattern.compile("\\bflink_\\w+");
  private static final Pattern MATCHER = Pattern.compile("\\w+=\"[^\"]*\"");

  private Queries() {}

  /** The group of alert rules in the form of a Prometheus rules file. */
  static Manifest rules() throws IOException {
    return Manifest.parse(
            "rules.yaml", Files.readString(K8sFolder.path().resolve("monitoring/rules.yaml")))
        .get(0);
  }

  /** Expressions of the alert rules. */
  static List<String> ofRules() throws IOException {
    return rules().node().findValuesAsText("expr");
  }

  /** Expressions of the dashboard's panels, for the streaming job. */
  static List<String> ofDashboard() throws IOException {
    List<String> expressions = new ArrayList<>();
    for (JsonNode panel : dashboard().path("panels")) {
      for (JsonNode target : panel.path("targets")) {
        expressions.add(target.path("expr").asText().replace("$job", "dig_generate"));
      }
    }
    return expressions;
  }

  /** The dashboard. */
  static JsonNode dashboard() throws IOException {
    return new JsonMapper()
        .readTree(K8sFolder.path().resolve("monitoring/dashboard.json").toFile());
  }

  /** The metrics that an expression names. */
  static Set<String> metrics(String expression) {
    Set<String> metrics = new TreeSet<>();
    METRIC
        .matcher(SELECTOR.matcher(expression).replaceAll(""))
        .results()
        .forEach(found -> metrics.add(found.group()));
    return metrics;
  }

  /** The values of labels that an expression selects, as {@code label="value"}. */
  static Set<String> labels(String expression) {
    Set<String> labels = new TreeSet<>();
    MATCHER.matcher(expression).results().forEach(found -> labels.add(found.group()));
    return labels;
  }
}
