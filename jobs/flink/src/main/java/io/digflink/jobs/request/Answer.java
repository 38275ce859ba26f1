package io.digflink.jobs.request;

import org.apache.avro.specific.SpecificRecordBase;

/**
 * A record of what comes of a request, on its way to a topic.
 *
 * @param record an image, progress or a reject
 * @param headers the headers of the request's record that its answers repeat, as {@link
 *     IncomingRecord} has them
 * @param <T> a generated record
 */
public record Answer<T extends SpecificRecordBase>(T record, byte[] headers) {}
