package io.digflink.jobs.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.digflink.schemas.codec.WireFormat;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.junit.jupiter.api.Test;

class ForwardedHeadersTest {
  @Test
  void traceContextAndNamedHeadersAreRepeatedInTheirOrder() {
    Headers headers = new org.apache.kafka.common.header.internals.RecordHeaders();
    headers.add("traceparent", text("00-ab-cd-01"));
    headers.add("secret", text("no"));
    headers.add("Tenant", text("a"));
    headers.add("tenant", null);
    headers.add("correlation-id", new byte[0]);

    assertThat(forwarded(headers, "TENANT"))
        .containsExactly(
            new RecordHeader("traceparent", text("00-ab-cd-01")),
            new RecordHeader("Tenant", text("a")),
            new RecordHeader("tenant", (byte[]) null),
            new RecordHeader("correlation-id", new byte[0]));
    assertThat(forwarded(headers)).extracting("key").doesNotContain("Tenant", "secret");
  }

  @Test
  void headersBeyondTheLimitsAreLeftOut() {
    Headers many = new org.apache.kafka.common.header.internals.RecordHeaders();
    for (int i = 0; i < 1000; i++) {
      many.add("traceparent", text("" + i));
    }
    Headers large = new org.apache.kafka.common.header.internals.RecordHeaders();
    large.add("tracestate", new byte[ForwardedHeaders.MOST_BYTES]);
    large.add("traceparent", text("small"));

    assertThat(forwarded(many)).hasSize(ForwardedHeaders.MOST);
    assertThat(forwarded(large)).containsExactly(new RecordHeader("traceparent", text("small")));
  }

  @Test
  void aRecordWithNoneToRepeatCostsNothing() {
    assertThat(
            new ForwardedHeaders(Set.of())
                .pick(new org.apache.kafka.common.header.internals.RecordHeaders()))
        .isEmpty();
  }

  @Test
  void theJobsOwnHeadersCannotBeForwarded() {
    assertThatThrownBy(() -> new RecordSettings(WireFormat.JSON, Set.of("Content-Type"), null))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "Expected headers.forward without the headers that the job writes itself"
                + " [content-type, schema-name, schema-version, request-id], found Content-Type");
  }

  private static Headers forwarded(Headers headers, String... names) {
    Headers answer = new org.apache.kafka.common.header.internals.RecordHeaders();
    ForwardedHeaders.add(new ForwardedHeaders(Set.of(names)).pick(headers), answer);
    return answer;
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
