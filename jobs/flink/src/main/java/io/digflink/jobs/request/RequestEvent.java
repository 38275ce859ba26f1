package io.digflink.jobs.request;

import io.digflink.schemas.RejectedRequest;
import io.digflink.schemas.RequestState;

/**
 * What happened to a request or to some of its images, on its way to the stage that keeps count and
 * tells clients. Events of a request come from several subtasks and in any order.
 *
 * @param kind what happened
 * @param requestId the client's name for the request
 * @param source where the request came from, which tells it from others of the same name
 * @param images images of the request
 * @param count images that it happened to
 * @param state with DROPPED the state to end in, with OPENED the state that clients know already,
 *     with TOLD the state to tell; else null
 * @param original with OPENED the record as it came; else null
 * @param reject why images cannot be made, still without the original bytes; else null
 * @param at when it was so, in milliseconds since the epoch
 * @param expectedAt with ACCEPTED when the images are expected, 0 if that is not known; else 0
 * @param image with DONE the image; else null
 * @param headers headers of the request's record that its answers repeat, encoded
 */
public record RequestEvent(
    Kind kind,
    String requestId,
    String source,
    int images,
    int count,
    RequestState state,
    byte[] original,
    RejectedRequest reject,
    long at,
    long expectedAt,
    ImageHeader image,
    byte[] headers) {

  /** Kinds of events. */
  public enum Kind {
    /** The request is new and its images are on their way to Denoise. */
    OPENED,
    /** A subtask of Denoise has taken a portion. */
    ACCEPTED,
    /** The first image of a portion has begun. */
    BEGUN,
    /** An image is out. */
    DONE,
    /** Images cannot be made; the others of the portion go on. */
    FAILED,
    /** Images will not be made, because the request is over. */
    DROPPED,
    /** Images left before they were counted here: in the state of an earlier release. */
    HANDED_OVER,
    /** A state that an earlier release had not told yet. */
    TOLD
  }

  /** The request is new. */
  public static RequestEvent opened(Portion first, byte[] original) {
    return of(Kind.OPENED, first, 0, null, original, null, first.admittedAt(), 0);
  }

  /**
   * A request of an earlier release's state.
   *
   * @param known the state that clients know
   */
  public static RequestEvent reopened(
      Portion whole, RequestState known, byte[] original, long now) {
    return of(Kind.OPENED, whole, 0, known, original, null, now, 0);
  }

  /** A portion is taken. */
  public static RequestEvent accepted(Portion portion, long expectedAt, long now) {
    return of(Kind.ACCEPTED, portion, portion.size(), null, null, null, now, expectedAt);
  }

  /** The first image of a portion has begun. */
  public static RequestEvent begun(Portion portion, long now) {
    return of(Kind.BEGUN, portion, 0, null, null, null, now, 0);
  }

  /** Images of a portion cannot be made. */
  public static RequestEvent failed(Portion portion, int count, RejectException why, long now) {
    RejectedRequest reject =
        RejectRecords.of(why, portion.requestId(), new byte[0], portion.source(), now);
    return of(Kind.FAILED, portion, count, null, null, reject, now, 0);
  }

  /**
   * Images of a portion will not be made.
   *
   * @param why null for a request that is cancelled
   */
  public static RequestEvent dropped(
      Portion portion, int count, RequestState state, RejectException why, long now) {
    RejectedRequest reject =
        why == null
            ? null
            : RejectRecords.of(why, portion.requestId(), new byte[0], portion.source(), now);
    return of(Kind.DROPPED, portion, count, state, null, reject, now, 0);
  }

  /** Images of an earlier release's state have left Denoise; a negative count takes some back. */
  public static RequestEvent handedOver(Portion whole, int count, long now) {
    return of(Kind.HANDED_OVER, whole, count, null, null, null, now, 0);
  }

  private static RequestEvent of(
      Kind kind,
      Portion portion,
      int count,
      RequestState state,
      byte[] original,
      RejectedRequest reject,
      long at,
      long expectedAt) {
    return new RequestEvent(
        kind,
        portion.requestId(),
        portion.source(),
        portion.images(),
        count,
        state,
        original,
        reject,
        at,
        expectedAt,
        null,
        portion.headers());
  }

  /** An image is out. */
  public static RequestEvent done(ImageHeader image, long now) {
    return of(Kind.DONE, image, 1, null, now);
  }

  /** An image cannot be decoded. */
  public static RequestEvent failed(ImageHeader image, RejectException why, long now) {
    RejectedRequest reject =
        RejectRecords.of(why, image.requestId(), new byte[0], image.source(), now);
    return of(Kind.FAILED, image, 1, reject, now);
  }

  private static RequestEvent of(
      Kind kind, ImageHeader image, int count, RejectedRequest reject, long now) {
    return new RequestEvent(
        kind,
        image.requestId(),
        image.source(),
        image.images(),
        count,
        null,
        null,
        reject,
        now,
        0,
        image,
        image.headers());
  }
}
