package io.digflink.k8s.monitoring;

import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.digflink.k8s.image.DeployedJob;
import io.digflink.k8s.image.ImageStack;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** Runs the dev overlay's job from the image's files and looks at what it exports. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class MonitoringITCase {
  private static final int IMAGES = 6;
  private static final String PENDING_IN_JOB =
      "sum(flink_taskmanager_job_task_operator_pendingRecords{operator_name=\"Admit\"})";
  private static final List<String> ALERTS_OF_LOAD =
      List.of("DigBacklog", "DigBundlesRefused", "DigImagesWait", "DigOldRequest", "DigRejects");
  private static final List<String> ALERTS =
      Stream.concat(ALERTS_OF_LOAD.stream(), Stream.of("DigModelsUnreadable", "DigDown")).toList();

  @TempDir private static Path directory;
  private static ImageStack stack;
  private static DeployedJob job;
  private static List<String> served;
  private static String exported;

  @BeforeAll
  static void serveSomeRequests() throws Exception {
    stack = ImageStack.prepare(directory);
    job = stack.start("--models.refresh=1 s");
    stack.send(IMAGES);
    served =
        stack.awaitImages(IMAGES).stream().map(image -> image.getRequestId().toString()).toList();
    assertThat(job.isAlive()).as(job.log()).isTrue();
    exported = scrape();
  }

  @AfterAll
  static void close() {
    if (job != null) {
      job.close();
    }
    if (stack != null) {
      stack.close();
    }
  }

  @Test
  void theJobOfTheManifestServesRequestsFromTheImagesFiles() {
    assertThat(served)
        .containsExactlyInAnyOrder(
            "request-0", "request-1", "request-2", "request-3", "request-4", "request-5");
  }

  @Test
  void everyMetricAndLabelThatAQueryNamesIsExported() throws Exception {
    for (String expression : expressions()) {
      for (String metric : Queries.metrics(expression)) {
        assertThat(exported).as(expression).containsPattern("(?m)^" + metric + "(\\{| )");
      }
      for (String label : Queries.labels(expression)) {
        assertThat(exported).as(expression).contains(label);
      }
    }
  }

  @Test
  void theQueriesOfTheDashboardHaveValuesInPrometheus() throws Exception {
    try (PrometheusServer prometheus = prometheus()) {
      for (String expression : Queries.ofDashboard()) {
        awaitValue(prometheus, expression);
      }
    }
  }

  /** The last one, since the job is in trouble afterwards. */
  @Test
  @Order(Integer.MAX_VALUE)
  void alertsThatNeedNoLongHistoryFireInTroubleAndNotBefore() throws Exception {
    try (PrometheusServer prometheus = prometheus()) {
      awaitValue(prometheus, PENDING_IN_JOB + " == 0");
      for (String alert : ALERTS) {
        assertThat(prometheus.evaluate(expression(alert))).as(alert).isEmpty();
      }

      stack.overload("large", 5);
      // None has left, and some images of at least one have begun.
      awaitValue(prometheus, PENDING_IN_JOB + " > 0 < 5");

      Files.createDirectory(stack.resolve("models").resolve("broken"));
      Files.writeString(stack.resolve("models").resolve("broken/model.json"), "{}");
      stack.overload("backlog", 1500);
      for (String alert : ALERTS_OF_LOAD) {
        awaitValue(prometheus, expression(alert));
      }
      // Its thread does next to nothing then, but its device has no rest.
      awaitValue(
          prometheus,
          "flink_taskmanager_job_task_busyTimeMsPerSecond{task_name=\"Denoise\"} > 700");

      Files.move(stack.resolve("models"), stack.resolve("models-away"));
      awaitValue(prometheus, expression("DigModelsUnreadable"));
      job.close();
      awaitValue(prometheus, expression("DigDown"));
    }
  }

  /** This machine's Prometheus, once it has scraped the job. */
  private static PrometheusServer prometheus() throws Exception {
    PrometheusServer prometheus = PrometheusServer.start(directory, stack.metricsPort());
    await()
        .atMost(ofSeconds(30))
        .ignoreException(ConnectException.class)
        .untilAsserted(() -> assertThat(prometheus.target()).contains("\"health\":\"up\""));
    return prometheus;
  }

  private static void awaitValue(PrometheusServer prometheus, String expression) {
    await(expression).atMost(ofSeconds(60)).until(() -> !prometheus.evaluate(expression).isEmpty());
  }

  private static String expression(String alert) throws Exception {
    for (JsonNode rule : Queries.rules().at("/spec/groups/0/rules")) {
      if (rule.path("alert").asText().equals(alert)) {
        return rule.path("expr").asText();
      }
    }
    throw new IllegalArgumentException("There is no alert " + alert);
  }

  private static List<String> expressions() throws Exception {
    List<String> expressions = new ArrayList<>(Queries.ofRules());
    expressions.addAll(Queries.ofDashboard());
    return expressions;
  }

  private static String scrape() throws Exception {
    URI metrics = URI.create("http://localhost:" + stack.metricsPort() + "/metrics");
    return HttpClient.newHttpClient()
        .send(HttpRequest.newBuilder(metrics).build(), BodyHandlers.ofString())
        .body();
  }
}
