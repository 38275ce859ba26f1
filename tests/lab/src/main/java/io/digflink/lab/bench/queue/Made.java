package io.digflink.lab.bench.queue;

import io.digflink.schemas.GeneratedImage;

/**
 * When an image was made; times in milliseconds since the epoch.
 *
 * @param requestId its request
 * @param index its number in the request
 * @param admittedAt when the job took its request in
 * @param begunAt when it got its place
 * @param denoisedAt when its last step was done
 * @param encodedAt when its file was there
 * @param sha256 of the file, in hex
 */
record Made(
    String requestId,
    int index,
    long admittedAt,
    long begunAt,
    long denoisedAt,
    long encodedAt,
    String sha256) {

  static Made of(GeneratedImage image) {
    long encoded = image.getCompletedAt().toEpochMilli();
    long denoised = encoded - image.getDecodeMillis();
    long begun = denoised - image.getDenoiseMillis();
    return new Made(
        image.getRequestId(),
        image.getIndex(),
        begun - image.getQueueMillis(),
        begun,
        denoised,
        encoded,
        image.getSha256());
  }
}
