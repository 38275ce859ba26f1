package io.digflink.jobs.progress;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.jobs.kafka.ForwardedHeaders;
import io.digflink.jobs.request.AdmittedRequest;
import io.digflink.jobs.request.ImageHeader;
import io.digflink.jobs.request.Portion;
import io.digflink.runtime.sampling.LatentShape;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.codec.TrustedRecords;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.apache.flink.traces.Span;
import org.apache.flink.traces.SpanBuilder;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class RequestSpansTest {
  private static final String TRACEPARENT =
      "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

  private final List<Span> reported = new ArrayList<>();
  private final RequestSpans spans =
      new RequestSpans(
          new UnregisteredMetricsGroup() {
            @Override
            public void addSpan(SpanBuilder span) {
              reported.add(span.build(Map.of()));
            }
          });

  @BeforeAll
  static void trustRecords() {
    TrustedRecords.install();
  }

  @Test
  void aRequestIsReportedOnceWithItsStagesWhenItsResultsAreVisible() {
    spans.ended(last("a"), 50);
    spans.snapshot(1);
    spans.ended(last("b"), 60);
    spans.snapshot(2);
    assertThat(reported).isEmpty();

    spans.complete(1, 70);
    spans.complete(2, 80);
    spans.complete(3, 90);

    assertThat(reported)
        .extracting(span -> span.getAttributes().get("request_id"))
        .containsExactly("a", "b");
    Span span = reported.get(0);
    assertThat(span.getStartTsMillis()).isEqualTo(10);
    assertThat(span.getEndTsMillis()).isEqualTo(70);
    assertThat(span.getAttributes())
        .containsEntry("images", 3L)
        .containsEntry("traceparent", TRACEPARENT);
    assertThat(span.getChildren())
        .extracting(
            stage ->
                stage.getName() + " " + stage.getStartTsMillis() + " " + stage.getEndTsMillis())
        .containsExactly(
            "admitted 10 20", "queued 20 30", "denoised 30 40", "decoded 40 50", "committed 50 70");
  }

  @Test
  void aCheckpointAfterOneThatFailedReportsWhatThatWouldHave() {
    spans.ended(last("a"), 50);
    spans.snapshot(1);
    spans.snapshot(2);

    spans.complete(2, 80);

    assertThat(reported).hasSize(1);
  }

  private static ImageHeader last(String id) {
    Headers headers = new RecordHeaders();
    headers.add("traceparent", TRACEPARENT.getBytes(StandardCharsets.US_ASCII));
    GenerationRequest request =
        GenerationRequest.newBuilder()
            .setRequestId(id)
            .setModel("m")
            .setLabels(List.of(1))
            .setImagesPerLabel(3)
            .build();
    AdmittedRequest admitted =
        new AdmittedRequest(
            new byte[0],
            "t-0@1",
            request,
            new int[] {1},
            new LatentShape(4, 8, 8),
            10,
            20,
            new ForwardedHeaders(Set.of()).pick(headers),
            "");
    return ImageHeader.of(Portion.of(admitted, "ab", 0, 3), 2, null, 1, 30, 40);
  }
}
