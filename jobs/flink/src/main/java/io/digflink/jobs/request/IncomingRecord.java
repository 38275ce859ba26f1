package io.digflink.jobs.request;

/**
 * A record as it came, whatever it is.
 *
 * @param value its bytes; empty where it had none
 * @param source where it came from: {@code topic-partition@offset}
 * @param timestamp its time, in milliseconds since the epoch
 */
public record IncomingRecord(byte[] value, String source, long timestamp) {}
