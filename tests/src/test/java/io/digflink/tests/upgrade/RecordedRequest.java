package io.digflink.tests.upgrade;

/**
 * A request as it was sent.
 *
 * @param partition of the topic
 * @param offset in that partition
 * @param id key of the record
 * @param images that it asks for
 * @param steps of each of them
 * @param readable the request in Avro's JSON; for readers
 * @param value the record's bytes
 */
record RecordedRequest(
    int partition, long offset, String id, int images, int steps, String readable, byte[] value) {}
