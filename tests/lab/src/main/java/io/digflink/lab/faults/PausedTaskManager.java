package io.digflink.lab.faults;

import io.digflink.lab.cluster.JvmProcess;

/**
 * SIGSTOP of a TaskManager that denoises, until the job goes on without it; then SIGCONT: it wakes
 * up with transactions and device runs of a job that is not its own any more.
 */
final class PausedTaskManager implements Fault {
  private JvmProcess paused;

  @Override
  public long strike(FaultRun run) throws Exception {
    paused = run.stack().flink().taskManagers().get(run.anyTaskManager());
    long now = System.currentTimeMillis();
    paused.signal("STOP");
    return now;
  }

  @Override
  public void tidyUp(FaultRun run) throws Exception {
    paused.signal("CONT");
    run.stack().awaitSlots();
  }
}
