package io.digflink.lab.faults;

import java.util.List;
import java.util.Map;

/** Runs scenarios on the same processes, one after the other. */
public final class Scenarios {
  private final FaultStack stack;
  private final FaultGroup.Stage stage;
  private final int kinds;
  private final int underWay;

  /**
   * @param kinds of valid requests
   * @param underWay requests that are sent and not answered
   */
  public Scenarios(FaultStack stack, FaultGroup.Stage stage, int kinds, int underWay) {
    this.stack = stack;
    this.stage = stage;
    this.kinds = kinds;
    this.underWay = underWay;
  }

  /** Runs them; all must give the images of a run to which nothing is done. */
  public void run(List<Scenario> scenarios) throws Exception {
    Workload workload = Workload.of(stage.bundles(), kinds).mixed();
    Map<String, String> undisturbed =
        Scenario.undisturbed(
            stack,
            new FaultRun.Plan(
                "undisturbed", stage.bundles(), workload, null, underWay, workload.allKinds()));
    for (Scenario scenario : scenarios) {
      FaultRun.Plan plan =
          new FaultRun.Plan(
              scenario.name(), stage.bundles(), workload, undisturbed, underWay, Integer.MAX_VALUE);
      stage.figures().accept(scenario.run(stack, plan));
    }
  }
}
