package io.digflink.tests.faults;

import java.util.Map;
import java.util.function.Supplier;

/**
 * A run of the harness.
 *
 * @param name as it is chosen on the command line
 * @param description what is done
 * @param fault makes what is done
 * @param times how often in the run
 */
record Scenario(String name, String description, Supplier<Fault> fault, int times) {

  /** Runs it; the requests come as long as faults do. */
  FaultFigures run(FaultStack stack, FaultRun.Plan plan) throws Exception {
    try (FaultRun run = FaultRun.start(stack, plan)) {
      for (int i = 0; i < times; i++) {
        run.strike(fault.get());
      }
      return run.end(description);
    }
  }

  /** Digests of a run to which nothing is done, of one request of each kind at least. */
  static Map<String, String> undisturbed(FaultStack stack, FaultRun.Plan plan) throws Exception {
    try (FaultRun run = FaultRun.start(stack, plan)) {
      Wait.until(
          "all requests sent",
          java.time.Duration.ofMinutes(5),
          () -> run.client().sent() >= plan.limit());
      FaultFigures figures = run.end("nothing");
      if (!figures.verdict().isGood()) {
        throw new IllegalStateException(
            "Expected an undisturbed run to be good, found " + figures.verdict());
      }
      return run.client().answers().digests();
    }
  }
}
