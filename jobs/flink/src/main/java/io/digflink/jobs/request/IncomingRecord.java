package io.digflink.jobs.request;

import java.nio.charset.StandardCharsets;

/**
 * A record as it came, whatever it is.
 *
 * @param value its bytes; null for a record that has a key and no value
 * @param source where it came from: {@code topic-partition@offset}
 * @param timestamp its time, in milliseconds since the epoch
 * @param key its key; empty where it had none
 * @param headers those of its headers that all its answers repeat, encoded; empty where it had none
 */
public record IncomingRecord(
    byte[] value, String source, long timestamp, byte[] key, byte[] headers) {
  /** The headers of a record that has none to repeat. */
  public static final byte[] NO_HEADERS = {};

  /** Whether it has a key and no value, as Kafka marks what is to be forgotten. */
  public boolean isTombstone() {
    return value == null;
  }

  /** A record without a key and headers. */
  public static IncomingRecord of(byte[] value, String source, long timestamp) {
    return new IncomingRecord(value, source, timestamp, new byte[0], NO_HEADERS);
  }

  /** What the key has before its first colon; empty if it has none. */
  String tenantOfKey() {
    String text = new String(key, StandardCharsets.UTF_8);
    return text.substring(0, Math.max(0, text.indexOf(':')));
  }
}
