package io.digflink.lab.faults;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;

/**
 * A run of the harness.
 *
 * @param name as it is chosen on the command line
 * @param description what is done
 * @param fault makes what is done, from how often it was done before
 * @param times how often in the run
 * @param model whose runs fail, or null for the original
 * @param options of the job
 * @param survivable whether nothing may be lost
 */
public record Scenario(
    String name,
    String description,
    IntFunction<Fault> fault,
    int times,
    FaultyModel model,
    List<String> options,
    boolean survivable) {
  private static final int REQUESTS_OF_MODEL = 150;
  private static final Duration LONGEST_SENDING = Duration.ofMinutes(5);

  /** Something that is done to processes. */
  public static Scenario of(String name, String description, IntFunction<Fault> fault, int times) {
    return new Scenario(name, description, fault, times, null, List.of(), true);
  }

  /** Runs that fail. */
  static Scenario of(String name, String description, FaultyModel model) {
    return new Scenario(name, description, null, 0, model, List.of(), true);
  }

  /** The same with options of the job. */
  Scenario with(List<String> ofJob) {
    return new Scenario(name, description, fault, times, model, ofJob, survivable);
  }

  /** The same, which answers do not survive that are in the topics already. */
  Scenario notSurvivable() {
    return new Scenario(name, description, fault, times, model, options, false);
  }

  /** Runs it; the requests come as long as faults do. */
  FaultFigures run(FaultStack stack, FaultRun.Plan original) throws Exception {
    FaultRun.Plan plan = original.with(options);
    if (model != null) {
      Path bundles = model.make(plan.models(), plan.workload().model(), stack.directory());
      plan = plan.with(bundles, REQUESTS_OF_MODEL);
    }
    try (FaultRun run = FaultRun.start(stack, plan)) {
      for (int i = 0; i < times; i++) {
        run.strike(fault.apply(i));
      }
      if (model != null) {
        awaitSent(run, plan);
      }
      return survivable ? run.end(description) : run.endAfterLoss(description);
    }
  }

  private static void awaitSent(FaultRun run, FaultRun.Plan plan) throws InterruptedException {
    Wait.until(
        plan.limit() + " requests sent in run " + plan.name(),
        LONGEST_SENDING,
        () -> {
          run.client().check();
          return run.client().sent() >= plan.limit();
        });
  }

  /** Digests of a run to which nothing is done, of one request of each kind at least. */
  static Map<String, String> undisturbed(FaultStack stack, FaultRun.Plan plan) throws Exception {
    try (FaultRun run = FaultRun.start(stack, plan)) {
      awaitSent(run, plan);
      FaultFigures figures = run.end("nothing");
      if (!figures.verdict().isGood()) {
        throw new IllegalStateException(
            "Expected an undisturbed run to be good, found " + figures.verdict());
      }
      return run.client().answers().digests();
    }
  }
}
