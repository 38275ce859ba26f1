package io.digflink.jobs.request;

import io.digflink.schemas.RejectReason;
import io.digflink.schemas.RejectedRequest;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Arrays;

/** Makes the records that say why a request is not served. */
public final class RejectRecords {
  /**
   * Maximum number of bytes of a record that a reject repeats. A compressed record may be longer
   * than what brokers accept from this job, and a reject that they refuse would fail the job for
   * ever.
   */
  static final int LONGEST_ORIGINAL = 512 << 10;

  private RejectRecords() {}

  /** The reject of a request whose model is no longer served. */
  public static RejectException modelGone(String model) {
    return RejectException.field(
        RejectReason.UNKNOWN_MODEL,
        "model",
        model,
        "a model that is served now; this one was removed or replaced while the request was in flight");
  }

  /** The reject of a request whose deadline has passed. */
  public static RejectException expired(Instant deadline, long now) {
    return RejectException.field(
        RejectReason.DEADLINE_EXCEEDED,
        "deadline",
        deadline,
        String.format("later than %s, the time by this job's clock", Instant.ofEpochMilli(now)));
  }

  /**
   * The reject of a request whose deadline can no longer be met.
   *
   * @param expectedAt when its images would be done at best
   */
  public static RejectException unattainable(Instant deadline, long expectedAt) {
    return RejectException.field(
        RejectReason.DEADLINE_EXCEEDED,
        "deadline",
        deadline,
        String.format(
            "later than %s, when the images would be done at best",
            Instant.ofEpochMilli(expectedAt)));
  }

  /**
   * The reject of a record that was read or not; requestId may be null. Of a long record it has the
   * first {@value #LONGEST_ORIGINAL} bytes.
   */
  public static RejectedRequest of(
      RejectException why, String requestId, byte[] original, String source, long now) {
    return RejectedRequest.newBuilder()
        .setRequestId(requestId)
        .setReason(why.reason())
        .setMessage(why.getMessage())
        .setField(why.field())
        .setValue(why.value())
        .setAllowed(why.allowed())
        .setOriginal(ByteBuffer.wrap(beginOf(original)))
        .setSource(source)
        .setAt(Instant.ofEpochMilli(now))
        .build();
  }

  /**
   * The reject of a request of which images were not made, at its end.
   *
   * @param first the reject of the first of them
   * @param images images of the request
   * @param done how many of them were made
   */
  public static RejectedRequest of(
      RejectedRequest first, byte[] original, int images, int done, long now) {
    String message =
        images == 1
            ? first.getMessage()
            : String.format("%s (%d of %d images are done)", first.getMessage(), done, images);
    return RejectedRequest.newBuilder(first)
        .setMessage(message)
        .setOriginal(ByteBuffer.wrap(beginOf(original)))
        .setAt(Instant.ofEpochMilli(now))
        .build();
  }

  private static byte[] beginOf(byte[] original) {
    return original.length <= LONGEST_ORIGINAL
        ? original
        : Arrays.copyOf(original, LONGEST_ORIGINAL);
  }
}
