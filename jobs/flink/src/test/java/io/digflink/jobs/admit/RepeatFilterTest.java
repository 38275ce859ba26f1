package io.digflink.jobs.admit;

import static org.assertj.core.api.Assertions.assertThat;

import io.digflink.jobs.request.AdmittedRequest;
import io.digflink.jobs.request.QueueItem;
import io.digflink.jobs.request.RequestEvent;
import io.digflink.jobs.request.SideOutputs;
import io.digflink.jobs.request.TestRequests;
import io.digflink.runtime.sampling.LatentShape;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.RejectReason;
import io.digflink.schemas.RejectedRequest;
import io.digflink.schemas.codec.JsonCodec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.metrics.Counter;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.jobgraph.OperatorID;
import org.apache.flink.runtime.metrics.groups.InternalOperatorMetricGroup;
import org.apache.flink.runtime.metrics.util.InterceptingOperatorMetricGroup;
import org.apache.flink.runtime.metrics.util.InterceptingTaskMetricGroup;
import org.apache.flink.runtime.operators.testutils.MockEnvironment;
import org.apache.flink.runtime.operators.testutils.MockEnvironmentBuilder;
import org.apache.flink.streaming.api.operators.KeyedProcessOperator;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RepeatFilterTest {
  private static final Duration HOUR = Duration.ofHours(1);
  private static final int IMAGES = 70;

  private InterceptingOperatorMetricGroup metrics;
  private KeyedOneInputStreamOperatorTestHarness<String, QueueItem, QueueItem> harness;

  @BeforeEach
  void open() throws Exception {
    start(HOUR, null);
  }

  @AfterEach
  void close() throws Exception {
    harness.close();
  }

  private void start(Duration remember, OperatorSubtaskState restored) throws Exception {
    metrics = new InterceptingOperatorMetricGroup();
    MockEnvironment environment =
        new MockEnvironmentBuilder()
            .setMetricGroup(
                new InterceptingTaskMetricGroup() {
                  @Override
                  public InternalOperatorMetricGroup getOrAddOperator(
                      OperatorID id, String name, Map<String, String> variables) {
                    return metrics;
                  }
                })
            .build();
    harness =
        new KeyedOneInputStreamOperatorTestHarness<>(
            new KeyedProcessOperator<>(new RepeatFilter(remember)),
            item -> item.portion().requestId(),
            Types.STRING,
            environment);
    harness.setup();
    harness.setStateTtlProcessingTime(0);
    harness.initializeState(restored);
    harness.open();
  }

  /** A record comes, cut into three portions. */
  private void send(GenerationRequest.Builder request, String source) throws Exception {
    send(request.build(), source, null);
  }

  private void send(GenerationRequest request, String source, byte[] original) throws Exception {
    AdmittedRequest plain = TestRequests.admitted(request, new LatentShape(1, 1, 1), 1);
    AdmittedRequest admitted =
        new AdmittedRequest(
            original == null ? plain.original() : original,
            source,
            request,
            plain.labels(),
            plain.latent(),
            0,
            0,
            new byte[] {5},
            plain.tenant());
    List<QueueItem> items = new ArrayList<>();
    new PortionCutter(2, 0, 128).cut(admitted, TestRequests.DIGEST, items::add);
    for (QueueItem item : items) {
      harness.processElement(item, 0);
    }
  }

  private static GenerationRequest.Builder request(String id) {
    return TestRequests.request(id, "m", 1).setImagesPerLabel(IMAGES);
  }

  /** What goes on to Denoise: the images that a portion has, or a dash for one that is repeated. */
  private List<String> passed() {
    return harness.extractOutputValues().stream()
        .map(
            item ->
                item.portion() == null
                    ? "-"
                    : item.portion().source()
                        + " "
                        + item.portion().from()
                        + "-"
                        + item.portion().to())
        .toList();
  }

  private List<RequestEvent> opened() {
    var events = harness.getSideOutput(SideOutputs.EVENTS);
    return events == null ? List.of() : events.stream().map(record -> record.getValue()).toList();
  }

  private List<RejectedRequest> rejects() {
    var rejected = harness.getSideOutput(SideOutputs.REJECTED);
    return rejected == null
        ? List.of()
        : rejected.stream().map(record -> record.getValue().record()).toList();
  }

  private long repeats() {
    return ((Counter) metrics.get("repeatedRequests")).getCount();
  }

  @Test
  void aNewRequestGoesOnAndIsOpenedOnceWithItsRecord() throws Exception {
    send(request("a"), "t-0@1");

    assertThat(passed()).containsExactly("t-0@1 0-32", "t-0@1 32-64", "t-0@1 64-70");
    assertThat(harness.extractOutputValues())
        .as("the record has done its work")
        .allSatisfy(item -> assertThat(item.original()).isNull());
    assertThat(opened())
        .singleElement()
        .satisfies(
            event -> {
              assertThat(event.kind()).isEqualTo(RequestEvent.Kind.OPENED);
              assertThat(event.images()).isEqualTo(IMAGES);
              assertThat(event.original())
                  .isEqualTo(
                      TestRequests.admitted(request("a").build(), new LatentShape(1, 1, 1), 1)
                          .original());
            });
  }

  @Test
  void aRequestThatComesAgainIsIgnoredAndCountedOnce() throws Exception {
    send(request("a"), "t-0@1");
    send(request("a"), "t-0@2");
    send(request("other"), "t-0@3");
    send(request("a"), "t-0@4");

    assertThat(passed())
        .containsExactly(
            "t-0@1 0-32",
            "t-0@1 32-64",
            "t-0@1 64-70",
            "-",
            "-",
            "-",
            "t-0@3 0-32",
            "t-0@3 32-64",
            "t-0@3 64-70",
            "-",
            "-",
            "-");
    assertThat(opened()).hasSize(2);
    assertThat(rejects()).isEmpty();
    assertThat(repeats()).isEqualTo(2);
  }

  /** A producer that tries again may write another time and encode it in another way. */
  @Test
  void theTimeAndTheEncodingOfARequestAreNotItsContent() throws Exception {
    send(request("a").setCreatedAt(Instant.ofEpochMilli(1)), "t-0@1");
    GenerationRequest again = request("a").setCreatedAt(Instant.ofEpochMilli(2)).build();
    send(again, "t-0@2", JsonCodec.of(GenerationRequest.class).encode(again));

    assertThat(repeats()).isEqualTo(1);
    assertThat(rejects()).isEmpty();
  }

  @Test
  void otherContentUnderTheSameIdIsRejectedAsAConflict() throws Exception {
    send(request("a"), "t-0@1");
    send(request("a").setSeed(8), "t-0@2");

    assertThat(passed()).containsExactly("t-0@1 0-32", "t-0@1 32-64", "t-0@1 64-70", "-", "-", "-");
    assertThat(repeats()).isZero();
    assertThat(opened()).hasSize(1);
    assertThat(rejects())
        .singleElement()
        .satisfies(
            reject -> {
              assertThat(reject.getReason()).isEqualTo(RejectReason.CONFLICT);
              assertThat(reject.getRequestId()).isEqualTo("a");
              assertThat(reject.getSource()).isEqualTo("t-0@2");
              assertThat(reject.getField()).isEqualTo("request_id");
              assertThat(reject.getMessage())
                  .isEqualTo(
                      "request_id is a; allowed: an id that is new, or the content that came with"
                          + " it before (within requests.remember, 3600 s)");
              assertThat(reject.getOriginal().array())
                  .isEqualTo(
                      TestRequests.admitted(
                              request("a").setSeed(8).build(), new LatentShape(1, 1, 1), 1)
                          .original());
            });
    assertThat(harness.getSideOutput(SideOutputs.REJECTED).peek().getValue().headers())
        .containsExactly(5);
  }

  @Test
  void anIdIsForgottenAfterTheTime() throws Exception {
    send(request("a"), "t-0@1");
    harness.setStateTtlProcessingTime(HOUR.toMillis() - 1);
    send(request("a"), "t-0@2");
    assertThat(repeats()).isEqualTo(1);

    harness.setStateTtlProcessingTime(HOUR.toMillis());
    send(request("a").setSeed(8), "t-0@3");

    assertThat(passed()).endsWith("t-0@3 0-32", "t-0@3 32-64", "t-0@3 64-70");
    assertThat(rejects()).isEmpty();
    assertThat(opened()).hasSize(2);
  }

  @Test
  void anIdIsRememberedThroughARestore() throws Exception {
    send(request("a"), "t-0@1");
    OperatorSubtaskState snapshot = harness.snapshot(1, 0);
    harness.close();

    start(HOUR, snapshot);
    send(request("a"), "t-0@2");

    assertThat(passed()).containsExactly("-", "-", "-");
    assertThat(repeats()).isEqualTo(1);
  }

  /** A snapshot may lie between the portions of a record: the later ones come after the restore. */
  @Test
  void theRestOfARecordIsNoRepetitionAfterARestore() throws Exception {
    AdmittedRequest admitted =
        TestRequests.admitted(request("a").build(), new LatentShape(1, 1, 1), 1);
    List<QueueItem> items = new ArrayList<>();
    new PortionCutter(2, 0, 128).cut(admitted, TestRequests.DIGEST, items::add);
    harness.processElement(items.get(0), 0);
    OperatorSubtaskState snapshot = harness.snapshot(1, 0);
    harness.close();

    start(HOUR, snapshot);
    harness.processElement(items.get(1), 0);
    harness.processElement(items.get(2), 0);

    assertThat(passed()).containsExactly("t-0@a 32-64", "t-0@a 64-70");
    assertThat(opened()).isEmpty();
  }

  @Test
  void withNoTimeToRememberNothingIsLookedAt() throws Exception {
    harness.close();
    start(Duration.ZERO, null);
    send(request("a"), "t-0@1");
    send(request("a").setSeed(8), "t-0@2");

    assertThat(passed()).hasSize(6).doesNotContain("-");
    assertThat(opened()).hasSize(2);
    assertThat(harness.numKeyedStateEntries()).isZero();
  }

  /** As jobs/QUEUE.md says of a checkpoint: with ids of 36 characters, such as UUIDs. */
  @Test
  void aMillionIdsAreSome75MegabytesOfACheckpoint() throws Exception {
    int ids = 2_000;
    for (int i = 0; i < ids; i++) {
      String id = new UUID(i * 0x9E3779B97F4A7C15L, i).toString();
      send(request(id).setImagesPerLabel(1), "dig.requests-0@" + i);
    }

    double bytes = harness.snapshot(1, 0).getManagedKeyedState().getStateSize() / (double) ids;

    assertThat(bytes).isBetween(70.0, 80.0);
  }
}
