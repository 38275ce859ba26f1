package io.digflink.tests.support;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.cli.embedded.JobMetrics;
import java.time.Instant;
import org.apache.flink.api.common.JobID;

/** Waits for metrics: the dashboard shows them some seconds late. */
public final class AwaitedMetric {
  private static final int PATIENCE_SECONDS = 30;

  private AwaitedMetric() {}

  /** Returns when a subtask's metric has a value. */
  public static void reaches(EmbeddedStack stack, JobID job, String name, double expected)
      throws Exception {
    JobMetrics metrics = new JobMetrics(stack.flink().dashboard());
    Instant deadline = Instant.now().plusSeconds(PATIENCE_SECONDS);
    while (metrics.values(job, name).stream().noneMatch(value -> value == expected)) {
      assertThat(Instant.now()).as(name).isBefore(deadline);
    }
  }
}
