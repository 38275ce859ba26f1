package io.digflink.jobs.decode;

import io.digflink.schemas.RejectedRequest;

/**
 * The images of a request that could not be decoded, in the state of a release that counted them in
 * Decode.
 *
 * @param requestId the client's name for the request
 * @param source where the request came from
 * @param images how many they are
 * @param reject the reject of the first of them, still without the request's original bytes
 */
record FailedImages(String requestId, String source, int images, RejectedRequest reject) {}
