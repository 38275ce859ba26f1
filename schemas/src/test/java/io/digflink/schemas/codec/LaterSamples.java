package io.digflink.schemas.codec;

import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.RejectReason;
import io.digflink.schemas.RejectedRequest;
import io.digflink.schemas.RequestProgress;
import io.digflink.schemas.RequestState;
import java.time.Duration;

/** The records whose bytes of later schema versions lie in {@code golden/v2} and so on. */
final class LaterSamples {
  private LaterSamples() {}

  static GenerationRequest requestOfVersion2() {
    GenerationRequest request = Version1Samples.request();
    request.setTenant("atelier");
    request.setPriority(9);
    request.setPreviewEvery(5);
    return request;
  }

  static RequestProgress progressOfVersion2() {
    RequestProgress progress = Version1Samples.progress();
    progress.setState(RequestState.REJECTED);
    return progress;
  }

  static RequestProgress progressOfVersion3() {
    RequestProgress progress = Version1Samples.progress();
    progress.setState(RequestState.CANCELLED);
    progress.setExpectedAt(progress.getAt().plus(Duration.ofSeconds(7)));
    return progress;
  }

  static RejectedRequest rejectOfVersion3() {
    RejectedRequest reject = Version1Samples.reject();
    reject.setReason(RejectReason.CONFLICT);
    reject.setField("request_id");
    return reject;
  }
}
