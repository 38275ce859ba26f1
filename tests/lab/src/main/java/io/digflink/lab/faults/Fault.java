package io.digflink.lab.faults;

/** Something that goes wrong. */
@FunctionalInterface
public interface Fault {
  /**
   * Does it.
   *
   * @return since when the job can recover, in milliseconds since the epoch
   */
  long strike(FaultRun run) throws Exception;

  /** Whether a job that goes back to a checkpoint after it does steps once more. */
  default boolean losesSteps() {
    return true;
  }

  /** What is left to do when the job has recovered. */
  default void tidyUp(FaultRun run) throws Exception {}
}
