package io.digflink.jobs.request;

import io.digflink.schemas.RejectedRequest;
import io.digflink.schemas.RequestState;

/**
 * A change of a request's state. It travels with the request's images, so that clients see both in
 * order.
 *
 * @param requestId the client's name for the request
 * @param source where the request came from
 * @param state the new state
 * @param images images of the request
 * @param imagesDone images handed over so far, failed ones included
 * @param original the record as it came, with the news that the request has ended; else null
 * @param failure the reject of an image that cannot be made, still without the original bytes; else
 *     null
 * @param at when it was so, in milliseconds since the epoch
 * @param headers headers of the request's record that its answers repeat, encoded
 */
public record RequestNews(
    String requestId,
    String source,
    RequestState state,
    int images,
    int imagesDone,
    byte[] original,
    RejectedRequest failure,
    long at,
    byte[] headers) {

  /** The news that a request goes on. */
  public static RequestNews of(AdmittedRequest request, RequestState state, long now) {
    return new RequestNews(
        request.id(),
        request.source(),
        state,
        request.images(),
        0,
        null,
        null,
        now,
        request.headers());
  }

  /** The news that an image cannot be made; the others of its request go on. */
  public static RequestNews imageFailed(AdmittedRequest request, RejectException why, long now) {
    RejectedRequest failure =
        RejectRecords.of(why, request.id(), new byte[0], request.source(), now);
    return new RequestNews(
        request.id(),
        request.source(),
        RequestState.RUNNING,
        request.images(),
        0,
        null,
        failure,
        now,
        request.headers());
  }

  /** The news that a request has ended: nothing more comes of it. */
  public static RequestNews end(
      AdmittedRequest request, RequestState state, int imagesDone, long now) {
    return new RequestNews(
        request.id(),
        request.source(),
        state,
        request.images(),
        imagesDone,
        request.original(),
        null,
        now,
        request.headers());
  }

  /** Whether nothing more comes of the request. */
  public boolean isEnd() {
    return original != null;
  }
}
