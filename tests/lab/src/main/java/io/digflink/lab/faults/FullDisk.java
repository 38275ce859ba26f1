package io.digflink.lab.faults;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.time.Duration;

/**
 * No room for checkpoints until several have failed; then there is room again. What the one before
 * the last leaves when it is deleted would be enough for the next, so that is taken too.
 */
final class FullDisk implements Fault {
  private static final int FAILURES = 5;
  private static final Duration LONGEST = Duration.ofSeconds(90);

  @Override
  public long strike(FaultRun run) throws Exception {
    int before = failed(run);
    try {
      Wait.until(
          FAILURES + " failed checkpoints on a full disk",
          LONGEST,
          () -> {
            run.stack().disk().fill();
            return failed(run) >= before + FAILURES;
          });
    } finally {
      run.stack().disk().free();
    }
    return System.currentTimeMillis();
  }

  private static int failed(FaultRun run) throws IOException, InterruptedException {
    JsonNode counts = run.job().checkpoints().path("counts");
    return counts.path("failed").asInt();
  }
}
