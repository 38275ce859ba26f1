package io.digflink.lab.faults;

/** Stop with a savepoint; the job goes on from it with twice the subtasks, as after an upgrade. */
final class Rescale implements Fault {
  private static final int PARALLELISM = 4;

  /** The savepoint is the last thing that the job does. */
  @Override
  public boolean losesSteps() {
    return false;
  }

  @Override
  public long strike(FaultRun run) throws Exception {
    long now = System.currentTimeMillis();
    run.goOn(run.job().stop(), PARALLELISM);
    return now;
  }
}
