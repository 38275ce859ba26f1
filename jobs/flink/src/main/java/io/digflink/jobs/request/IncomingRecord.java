package io.digflink.jobs.request;

/**
 * A record as it came, whatever it is.
 *
 * @param value its bytes; empty where it had none
 * @param source where it came from: {@code topic-partition@offset}
 * @param timestamp its time, in milliseconds since the epoch
 * @param headers those of its headers that all its answers repeat, encoded; empty where it had none
 */
public record IncomingRecord(byte[] value, String source, long timestamp, byte[] headers) {
  /** The headers of a record that has none to repeat. */
  public static final byte[] NO_HEADERS = {};
}
