package io.digflink.jobs.progress;

import io.digflink.jobs.kafka.ForwardedHeaders;
import io.digflink.jobs.request.ImageHeader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.traces.Span;
import org.apache.flink.traces.SpanBuilder;

/**
 * A span of each request, for the trace reporters of the cluster; with none configured nobody sees
 * them. It goes from when the client asked to when the results are visible, and its children are
 * the stages of the request's last image. It begins a trace of its own, as Flink's spans do: the
 * attribute {@code traceparent} names the client's.
 *
 * <p>Spans of a request whose checkpoint fails with the job are reported by the next attempt, or
 * not at all: they are no part of the state.
 */
final class RequestSpans {
  private final MetricGroup metrics;
  private final NavigableMap<Long, List<Ended>> byCheckpoint = new TreeMap<>();
  private List<Ended> ended = new ArrayList<>();

  private record Ended(ImageHeader last, long decodedAt) {}

  RequestSpans(MetricGroup metrics) {
    this.metrics = metrics;
  }

  /** The last image of a request is decoded, or has failed. */
  void ended(ImageHeader last, long now) {
    ended.add(new Ended(last, now));
  }

  /** What has ended so far becomes visible with a checkpoint. */
  void snapshot(long checkpoint) {
    byCheckpoint.put(checkpoint, ended);
    ended = new ArrayList<>();
  }

  /** A checkpoint is complete, and with it those before it. */
  void complete(long checkpoint, long now) {
    NavigableMap<Long, List<Ended>> visible = byCheckpoint.headMap(checkpoint, true);
    visible.values().forEach(spans -> spans.forEach(span -> metrics.addSpan(span(span, now))));
    visible.clear();
  }

  private static SpanBuilder span(Ended ended, long now) {
    ImageHeader last = ended.last();
    SpanBuilder span =
        stage("request", last.askedAt(), now)
            .setAttribute("request_id", last.requestId())
            .setAttribute("model", last.model())
            .setAttribute("sampler", last.sampler())
            .setAttribute("steps", last.steps())
            .setAttribute("images", last.images())
            .addChild(stage("admitted", last.askedAt(), last.admittedAt()))
            .addChild(stage("queued", last.admittedAt(), last.startedAt()))
            .addChild(stage("denoised", last.startedAt(), last.finishedAt()))
            .addChild(stage("decoded", last.finishedAt(), ended.decodedAt()))
            .addChild(stage("committed", ended.decodedAt(), now));
    ForwardedHeaders.value(last.headers(), "traceparent")
        .ifPresent(
            value -> span.setAttribute("traceparent", new String(value, StandardCharsets.UTF_8)));
    return span;
  }

  /** Clocks differ: a stage does not end before it begins. */
  private static SpanBuilder stage(String name, long start, long end) {
    return Span.builder(RequestSpans.class, name)
        .setStartTsMillis(start)
        .setEndTsMillis(Math.max(start, end));
  }
}
