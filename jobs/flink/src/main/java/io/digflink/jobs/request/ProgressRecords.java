package io.digflink.jobs.request;

import io.digflink.schemas.RequestProgress;
import io.digflink.schemas.RequestState;
import java.time.Instant;

/** Makes the records that say how far a request is. */
public final class ProgressRecords {
  private ProgressRecords() {}

  /**
   * The progress of a request.
   *
   * @param at when it is so, in milliseconds since the epoch
   * @param expectedAt when its last image is expected; 0 if that is not known
   */
  public static RequestProgress of(
      String requestId, RequestState state, int images, int imagesDone, long at, long expectedAt) {
    return RequestProgress.newBuilder()
        .setRequestId(requestId)
        .setState(state)
        .setImages(images)
        .setImagesDone(imagesDone)
        .setAt(Instant.ofEpochMilli(at))
        .setExpectedAt(expectedAt == 0 ? null : Instant.ofEpochMilli(expectedAt))
        .build();
  }
}
