package io.digflink.jobs.request;

import io.digflink.schemas.RequestState;

/**
 * A change of a request's state. It travels with the request's images, so that clients see both in
 * order.
 *
 * @param requestId the client's name for the request
 * @param source where the request came from
 * @param state the new state
 * @param images images of the request
 * @param imagesDone images handed to the decoder so far
 * @param original the record as it came, with the news that the request has ended; else null
 * @param at when it was so, in milliseconds since the epoch
 */
public record RequestNews(
    String requestId,
    String source,
    RequestState state,
    int images,
    int imagesDone,
    byte[] original,
    long at) {

  /** The news that a request goes on. */
  public static RequestNews of(AdmittedRequest request, RequestState state, long now) {
    return new RequestNews(request.id(), request.source(), state, request.images(), 0, null, now);
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
        now);
  }

  /** Whether nothing more comes of the request. */
  public boolean isEnd() {
    return original != null;
  }
}
