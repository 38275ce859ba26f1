package io.digflink.jobs.decode;

import io.digflink.schemas.RejectedRequest;
import io.digflink.schemas.RequestState;

/**
 * News of a request as it lies in the state of releases in which images and progress took the same
 * way.
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
record EarlierNews(
    String requestId,
    String source,
    RequestState state,
    int images,
    int imagesDone,
    byte[] original,
    RejectedRequest failure,
    long at,
    byte[] headers) {

  /** Whether nothing more comes of the request. */
  boolean isEnd() {
    return original != null;
  }
}
