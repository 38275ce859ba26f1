package io.digflink.jobs.request;

import io.digflink.schemas.RejectedRequest;
import io.digflink.schemas.RequestProgress;
import org.apache.flink.util.OutputTag;

/** The side outputs that every stage has. */
public final class SideOutputs {
  /** Records and requests that are not served. */
  public static final OutputTag<Answer<RejectedRequest>> REJECTED =
      new OutputTag<>("rejected") {
        private static final long serialVersionUID = 1L;
      };

  /** How far requests are that end at admission. */
  public static final OutputTag<Answer<RequestProgress>> PROGRESS =
      new OutputTag<>("progress") {
        private static final long serialVersionUID = 1L;
      };

  /** What happens to admitted requests. */
  public static final OutputTag<RequestEvent> EVENTS =
      new OutputTag<>("events") {
        private static final long serialVersionUID = 1L;
      };

  /** Requests that are cancelled by a record without a value on their own topic. */
  public static final OutputTag<QueueItem> CANCELLED =
      new OutputTag<>("cancelled") {
        private static final long serialVersionUID = 1L;
      };

  private SideOutputs() {}
}
