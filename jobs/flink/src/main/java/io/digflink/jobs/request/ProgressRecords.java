package io.digflink.jobs.request;

import io.digflink.schemas.RequestProgress;
import io.digflink.schemas.RequestState;
import java.time.Instant;

/** Makes the records that say how far a request is. */
public final class ProgressRecords {
  private ProgressRecords() {}

  /** The progress of an admitted request. */
  public static RequestProgress of(
      AdmittedRequest request, RequestState state, int imagesDone, long now) {
    return RequestProgress.newBuilder()
        .setRequestId(request.id())
        .setState(state)
        .setImages(request.images())
        .setImagesDone(imagesDone)
        .setAt(Instant.ofEpochMilli(now))
        .build();
  }
}
