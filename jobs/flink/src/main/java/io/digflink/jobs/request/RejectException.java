package io.digflink.jobs.request;

import io.digflink.runtime.model.UnservableException;
import io.digflink.schemas.RejectReason;

/** Why a request is not served. */
public final class RejectException extends Exception {
  private static final long serialVersionUID = 1L;
  private static final int LONGEST_VALUE = 200;

  private final RejectReason reason;
  private final String field;
  private final String value;
  private final String allowed;
  private String requestId;

  private RejectException(
      RejectReason reason, String message, String field, String value, String allowed) {
    super(message);
    this.reason = reason;
    this.field = field;
    this.value = value;
    this.allowed = allowed;
  }

  /** A reject of a record as a whole. */
  public static RejectException of(RejectReason reason, String message) {
    return new RejectException(reason, message, null, null, null);
  }

  /** A reject of what a model cannot do. */
  public static RejectException of(UnservableException cause) {
    return field(cause.field(), cause.value(), cause.allowed());
  }

  /** A reject for a field whose value is not allowed. */
  public static RejectException field(String field, Object value, String allowed) {
    return field(RejectReason.INVALID_FIELD, field, value, allowed);
  }

  /** A reject for a field for a reason other than its range. */
  public static RejectException field(
      RejectReason reason, String field, Object value, String allowed) {
    String text = String.valueOf(value);
    String cut = text.length() <= LONGEST_VALUE ? text : text.substring(0, LONGEST_VALUE) + "…";
    return new RejectException(
        reason, field + " is " + cut + "; allowed: " + allowed, field, cut, allowed);
  }

  /** The same reject, of a request whose id could be read though the request could not. */
  public RejectException of(String id) {
    requestId = id;
    return this;
  }

  /** That id, or null. */
  public String requestId() {
    return requestId;
  }

  /** Reason code. */
  public RejectReason reason() {
    return reason;
  }

  /** The field at fault, or null. */
  public String field() {
    return field;
  }

  /** Its value, cut where long, or null. */
  public String value() {
    return value;
  }

  /** What would be allowed, or null. */
  public String allowed() {
    return allowed;
  }
}
