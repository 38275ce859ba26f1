package io.digflink.jobs.device;

import io.digflink.runtime.session.SessionException;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/** A run of one row per image that has succeeded or failed. */
public final class EndedRun<T> extends DeviceRun<T> {
  private final SessionException end;

  /**
   * @param end why it failed, or null
   */
  public EndedRun(BatchKey key, List<T> images, SessionException end) {
    super("denoiser", key, images);
    this.end = end;
    execute(new ReentrantLock());
  }

  @Override
  protected void compute() throws SessionException {
    if (end != null) {
      throw end;
    }
  }

  @Override
  public int rows() {
    return images().size();
  }

  @Override
  protected boolean canShrink() {
    return images().size() > 1;
  }
}
