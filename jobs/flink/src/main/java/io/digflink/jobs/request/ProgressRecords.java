package io.digflink.jobs.request;

import io.digflink.schemas.RequestProgress;
import io.digflink.schemas.RequestState;
import java.time.Instant;

/** Makes the records that say how far a request is. */
public final class ProgressRecords {
  private ProgressRecords() {}

  /** The progress of a request. */
  public static RequestProgress of(
      String requestId, RequestState state, int images, int imagesDone, long at) {
    return RequestProgress.newBuilder()
        .setRequestId(requestId)
        .setState(state)
        .setImages(images)
        .setImagesDone(imagesDone)
        .setAt(Instant.ofEpochMilli(at))
        .build();
  }
}
