package io.digflink.jobs.decode;

import io.digflink.schemas.RejectedRequest;

/**
 * The images of a request that cannot be decoded, until the request ends.
 *
 * @param requestId the client's name for the request
 * @param source where the request came from
 * @param images how many they are
 * @param reject the reject of the first of them, still without the request's original bytes
 */
record FailedImages(String requestId, String source, int images, RejectedRequest reject) {

  /** With one more. */
  FailedImages plusOne() {
    return new FailedImages(requestId, source, images + 1, reject);
  }
}
