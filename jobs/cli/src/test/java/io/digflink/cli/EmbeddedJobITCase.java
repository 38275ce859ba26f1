package io.digflink.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.digflink.cli.embedded.EmbeddedFlink;
import io.digflink.cli.embedded.EmbeddedJob;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.functions.RichMapFunction;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
class EmbeddedJobITCase {
  private static final AtomicInteger STARTS = new AtomicInteger();

  @TempDir private static Path directory;
  private static EmbeddedFlink flink;

  @BeforeAll
  static void start() throws Exception {
    flink = EmbeddedFlink.start(1, directory);
  }

  @AfterAll
  static void stop() {
    flink.close();
  }

  /** Fails at the first start of a job that is restarted, and at every start of one that is not. */
  private static final class FailingStart extends RichMapFunction<Long, Long> {
    private static final long serialVersionUID = 1L;

    private final int failures;

    FailingStart(int failures) {
      this.failures = failures;
    }

    @Override
    public void open(OpenContext context) throws IOException {
      if (STARTS.incrementAndGet() <= failures) {
        throw new IOException(
            "the wrapping", new NoClassDefFoundError("io/digflink/runtime/MissingClass"));
      }
    }

    @Override
    public Long map(Long value) throws Exception {
      // Until the watch has looked.
      TimeUnit.MILLISECONDS.sleep(2);
      return value;
    }
  }

  @Test
  void aRestartIsReportedWithItsCause() throws Exception {
    BlockingQueue<String> reports = new LinkedBlockingQueue<>();
    try (EmbeddedJob job = flink.run(failing(1, "fixed-delay"), reports::add)) {
      assertThat(reports.take()).isEqualTo("The job failed and restarts: the wrapping");
      job.await();
    }
    assertThat(reports).isEmpty();
  }

  @Test
  void theEndOfAJobIsReportedWithItsCause() throws Exception {
    try (EmbeddedJob job = flink.run(failing(Integer.MAX_VALUE, "none"), report -> {})) {
      assertThatThrownBy(job::await)
          .isInstanceOf(IOException.class)
          .hasMessage("Expected the job to finish, found it ended: FAILED: the wrapping");
      assertThatThrownBy(job::checkRunning)
          .hasMessage("Expected the job to run, found it ended: FAILED: the wrapping");
    }
  }

  @Test
  void thePortOfTheDashboardTakesNoCode() throws Exception {
    for (String path : List.of("/jobs", "/jars/upload", "/jars/x.jar/run", "/jobs/x/savepoints")) {
      HttpResponse<String> answer = send(HttpRequest.newBuilder(), path, "POST");
      assertThat(answer.statusCode()).as(path).isIn(400, 403, 404);
      assertThat(answer.body()).as(path).containsAnyOf("takes nothing else", "not allowed");
    }
    assertThat(send(HttpRequest.newBuilder(), "/cluster", "DELETE").statusCode()).isEqualTo(403);
    assertThat(send(HttpRequest.newBuilder(), "/overview", "GET").statusCode()).isEqualTo(200);
    assertThat(send(HttpRequest.newBuilder(), "/config", "GET").body())
        .contains("\"web-submit\":false");
  }

  private static HttpResponse<String> send(HttpRequest.Builder request, String path, String method)
      throws Exception {
    URI address = flink.dashboard().resolve(path);
    return HttpClient.newHttpClient()
        .send(
            request.uri(address).method(method, BodyPublishers.noBody()).build(),
            BodyHandlers.ofString());
  }

  private static StreamExecutionEnvironment failing(int failures, String restarts) {
    STARTS.set(0);
    Configuration configuration = new Configuration();
    configuration.set(RestartStrategyOptions.RESTART_STRATEGY, restarts);
    StreamExecutionEnvironment environment =
        StreamExecutionEnvironment.getExecutionEnvironment(configuration);
    environment.setParallelism(1);
    environment
        .fromSequence(1, 1000)
        .map(new FailingStart(failures))
        .sinkTo(new DiscardingSink<>());
    return environment;
  }
}
