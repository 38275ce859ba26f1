package io.digflink.lab.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.cli.ModelDirectory;
import io.digflink.schemas.codec.TrustedRecords;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The short form of {@code dig test faults}. */
class FaultsITCase {
  private static final int UNDER_WAY = 30;

  @TempDir private static Path directory;

  @Test
  void nothingIsLostTwiceOrDifferentWhenProcessesAreKilledAndTransactionsAborted()
      throws Exception {
    TrustedRecords.install();
    Path models = new ModelDirectory().resolve(line -> {});
    Workload workload = new Workload("fashion-dig", 10, 6);
    try (SmallDisk disk = SmallDisk.folder(directory.resolve("checkpoints"));
        FaultStack stack = FaultStack.start(directory, disk)) {
      Map<String, String> undisturbed =
          Scenario.undisturbed(
              stack,
              new FaultRun.Plan(
                  "undisturbed", models, workload, null, UNDER_WAY, workload.allKinds()));
      assertThat(undisturbed).hasSize(12);

      FaultRun.Plan plan =
          new FaultRun.Plan("killed", models, workload, undisturbed, UNDER_WAY, Integer.MAX_VALUE)
              .with(Outage.OPTIONS);
      try (FaultRun run = FaultRun.start(stack, plan)) {
        run.strike(ProcessFault.TASK_MANAGER_KILLED);
        run.strike(ProcessFault.JOB_MANAGER_KILLED);
        run.strike(new Outage());
        FaultFigures figures = run.end("kills");

        assertThat(figures.verdict()).matches(Verdict::isGood, "is good");
        assertThat(figures.verdict().images()).isGreaterThan(UNDER_WAY);
        assertThat(figures.verdict().invalid()).isPositive();
        assertThat(figures.fewestInFlight()).isPositive();
        assertThat(figures.stepsRedone()).isPositive().isLessThan(figures.stepsNeeded() / 2);
      }
    }
  }
}
