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

  /** How far admitted requests are. */
  public static final OutputTag<Answer<RequestProgress>> PROGRESS =
      new OutputTag<>("progress") {
        private static final long serialVersionUID = 1L;
      };

  private SideOutputs() {}
}
