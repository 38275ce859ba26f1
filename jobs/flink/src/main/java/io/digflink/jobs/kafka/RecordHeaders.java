package io.digflink.jobs.kafka;

import io.digflink.schemas.codec.WireFormat;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.avro.Schema;
import org.apache.kafka.common.header.Headers;

/** The headers that the job itself gives its records. */
final class RecordHeaders {
  static final String CONTENT_TYPE = "content-type";
  static final String SCHEMA_NAME = "schema-name";
  static final String SCHEMA_VERSION = "schema-version";
  static final String REQUEST_ID = "request-id";

  /** Their names. */
  static final List<String> OWN = List.of(CONTENT_TYPE, SCHEMA_NAME, SCHEMA_VERSION, REQUEST_ID);

  private RecordHeaders() {}

  /**
   * Adds them.
   *
   * @param requestId null where it could not be read
   */
  static void add(Headers headers, WireFormat format, Schema schema, String requestId) {
    add(headers, CONTENT_TYPE, format.contentType());
    add(headers, SCHEMA_NAME, schema.getFullName());
    add(headers, SCHEMA_VERSION, String.valueOf(schema.getObjectProp("version")));
    if (requestId != null) {
      add(headers, REQUEST_ID, requestId);
    }
  }

  private static void add(Headers headers, String name, String value) {
    headers.add(name, value.getBytes(StandardCharsets.UTF_8));
  }
}
