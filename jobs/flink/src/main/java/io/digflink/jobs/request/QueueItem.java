package io.digflink.jobs.request;

import java.nio.charset.StandardCharsets;

/**
 * What goes to the subtasks of Denoise: a portion for one of them, or to all of them the word that
 * a request is cancelled. A repeated request leaves an item with neither, because items are
 * counted.
 *
 * @param place decides on the subtask, as the key of a keyed stream does
 * @param portion images to make, or null
 * @param original the request's record, with its first portion until it is found new; else null
 * @param content digest of the request's content, where there is an original; else null
 * @param cancelled id of the request that is cancelled, or null
 * @param cancelledAt when it was cancelled, in milliseconds since the epoch; else 0
 */
public record QueueItem(
    int place,
    Portion portion,
    byte[] original,
    byte[] content,
    String cancelled,
    long cancelledAt) {

  /** A portion for a subtask. */
  public static QueueItem of(int place, Portion portion) {
    return new QueueItem(place, portion, null, null, null, 0);
  }

  /** The first portion of a request, with what tells whether the request is new. */
  public static QueueItem first(int place, Portion portion, byte[] original, byte[] content) {
    return new QueueItem(place, portion, original, content, null, 0);
  }

  /** The request that a record's key names is cancelled. */
  public static QueueItem cancelled(IncomingRecord record) {
    String requestId = new String(record.key(), StandardCharsets.UTF_8);
    return new QueueItem(0, null, null, null, requestId, record.timestamp());
  }

  /** The portion of a request that is found new. */
  public QueueItem withoutOriginal() {
    return original == null ? this : of(place, portion);
  }

  /** What a repeated request leaves. */
  public QueueItem repeated() {
    return of(place, null);
  }

  /** Whether it is counted: it came from a request's record. */
  public boolean isOfARecord() {
    return cancelled == null;
  }
}
