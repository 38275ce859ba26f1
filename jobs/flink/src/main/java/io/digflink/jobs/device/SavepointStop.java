package io.digflink.jobs.device;

import org.apache.flink.runtime.checkpoint.CheckpointOptions;
import org.apache.flink.runtime.checkpoint.SavepointType;

/**
 * Whether a task stops with a savepoint. Flink runs mails after that snapshot, too: what an
 * operator emitted or started then would be neither in the savepoint nor committed.
 */
public final class SavepointStop {
  private static final long NONE = -1;

  private long checkpoint = NONE;

  /** A snapshot is about to be taken. */
  public void onSnapshot(long checkpointId, CheckpointOptions options) {
    if (options.getCheckpointType() instanceof SavepointType savepoint
        && savepoint.isSynchronous()) {
      checkpoint = checkpointId;
    }
  }

  /**
   * A snapshot is aborted.
   *
   * @return whether the task was to stop with it, and now goes on
   */
  public boolean onAbort(long checkpointId) {
    if (checkpointId != checkpoint) {
      return false;
    }
    checkpoint = NONE;
    return true;
  }

  /** Whether nothing may be emitted or started any more. */
  public boolean isStopping() {
    return checkpoint != NONE;
  }
}
