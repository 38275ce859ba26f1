package io.digflink.jobs.admit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.digflink.jobs.model.ModelSettings;
import io.digflink.jobs.request.Answer;
import io.digflink.jobs.request.IncomingRecord;
import io.digflink.jobs.request.QueueItem;
import io.digflink.jobs.request.SideOutputs;
import io.digflink.jobs.room.LocalRoom;
import io.digflink.jobs.room.OperatorRoom;
import io.digflink.runtime.model.TestBundles;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.RejectReason;
import io.digflink.schemas.RejectedRequest;
import io.digflink.schemas.RequestState;
import io.digflink.schemas.codec.ConfluentWriter;
import io.digflink.schemas.codec.JsonCodec;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Admission with a schema registry: a server of the test that knows schema 1. */
@Timeout(60)
class AdmitOperatorITCase {
  private static final Limits LIMITS = new Limits(1 << 20, 256, 1000, 1000, 20, 1 << 20);

  @TempDir private static Path directory;

  private static String digest;

  private final LocalRoom room = LocalRoom.ofSender();
  private OneInputStreamOperatorTestHarness<IncomingRecord, QueueItem> harness;
  private HttpServer registry;
  private int port;

  @BeforeAll
  static void exportModel() throws Exception {
    digest = TestBundles.export("dig-plain", directory, "m").digest();
  }

  @BeforeEach
  void findPort() throws IOException {
    startRegistry();
    registry.stop(0);
  }

  @AfterEach
  void close() throws Exception {
    harness.close();
    registry.stop(0);
  }

  private void startRegistry() throws IOException {
    registry = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
    port = registry.getAddress().getPort();
    registry.createContext(
        "/schemas/ids/",
        exchange -> {
          boolean isKnown = exchange.getRequestURI().getPath().equals("/schemas/ids/1");
          String schema = GenerationRequest.getClassSchema().toString().replace("\"", "\\\"");
          byte[] body =
              (isKnown ? "{\"schema\":\"" + schema + "\"}" : "{\"error_code\":40403}")
                  .getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(isKnown ? 200 : 404, body.length);
          try (OutputStream out = exchange.getResponseBody()) {
            out.write(body);
          }
        });
    registry.start();
  }

  private void start(OperatorSubtaskState restored) throws Exception {
    start(restored, 1);
  }

  private void start(OperatorSubtaskState restored, int subtasks) throws Exception {
    AdmitOperatorFactory factory =
        new AdmitOperatorFactory(
            new ModelSettings(directory.toString(), "cpu", 1), LIMITS, "http://127.0.0.1:" + port);
    harness = new OneInputStreamOperatorTestHarness<>(room.with(factory), subtasks, subtasks, 0);
    harness.setup(
        TypeInformation.of(QueueItem.class)
            .createSerializer(harness.getExecutionConfig().getSerializerConfig()));
    harness.initializeState(restored);
    harness.open();
  }

  @Test
  void anUnknownIdIsARejectAndAKnownOneARequest() throws Exception {
    startRegistry();
    start(null);

    process(confluent(1, "known"), confluent(99, "unknown"), confluent(-1, "negative"));
    harness.endInput();

    assertThat(admitted()).containsExactly("known");
    assertThat(rejects())
        .extracting(RejectedRequest::getReason)
        .containsExactly(RejectReason.UNKNOWN_SCHEMA, RejectReason.UNKNOWN_SCHEMA);
    assertThat(rejects().get(0).getMessage())
        .isEqualTo(
            "Expected a record of a schema that the registry at http://127.0.0.1:"
                + port
                + " has, found the schema id 99, which it has not: register the schema there"
                + " first");
  }

  @Test
  void recordsWaitForARegistryThatIsAwayAndTheSourceWithThem() throws Exception {
    start(null);
    room.holds(true, true, 0);

    process(json("before"), confluent(1, "waiting"), json("behind"));

    assertThat(admitted()).containsExactly("before");
    assertThat(rejects()).isEmpty();
    assertThat(OperatorRoom.ofThisTask().available()).isNotDone();
    assertThat(OperatorRoom.ofThisTask().empty()).isNotDone();

    startRegistry();
    harness.endInput();

    assertThat(admitted()).containsExactly("before", "waiting", "behind");
    assertThat(OperatorRoom.ofThisTask().available()).isDone();
    assertThat(rejects()).isEmpty();
  }

  @Test
  void theSourceIsHeldBackWhileDenoiseIsFullAndEndsWhenItHasDrained() throws Exception {
    start(null);
    room.holds(false, false, 1);
    assertThat(OperatorRoom.ofThisTask().available()).isNotDone();
    room.holds(true, false, 1);
    assertThat(OperatorRoom.ofThisTask().available()).isDone();

    process(json("a"), json("b"));
    OperatorRoom.ofThisTask().inputEnds();
    room.holds(true, true, 1);
    assertThat(OperatorRoom.ofThisTask().empty()).as("one portion is under way").isNotDone();

    room.holds(true, false, 2);
    assertThat(OperatorRoom.ofThisTask().empty()).as("one portion is held").isNotDone();
    room.holds(true, true, 2);
    assertThat(OperatorRoom.ofThisTask().empty()).isDone();
    assertThat(room.reported()).contains("InputEnd[sent=2]");
  }

  @Test
  void theEndIsReportedOnlyWhenNoRecordWaits() throws Exception {
    start(null);
    process(confluent(1, "waiting"));
    OperatorRoom.ofThisTask().inputEnds();
    assertThat(room.reported()).isEmpty();

    startRegistry();
    harness.endInput();

    assertThat(room.reported()).endsWith("InputEnd[sent=1]");
  }

  @Test
  void recordsThatWaitAndTheCountOfPortionsOutliveARestore() throws Exception {
    start(null);
    process(json("sent"), confluent(1, "waiting"), json("behind"));
    assertThat(admitted()).containsExactly("sent");
    OperatorSubtaskState snapshot = harness.snapshot(1, 0);
    harness.close();

    startRegistry();
    start(snapshot);
    harness.endInput();
    OperatorRoom.ofThisTask().inputEnds();

    assertThat(admitted()).containsExactly("waiting", "behind");
    QueueItem first = harness.extractOutputValues().get(0);
    assertThat(first.portion().source()).isEqualTo("requests-0@1");
    assertThat(first.portion().headers()).containsExactly(5);
    assertThat(first.portion().tenant()).isEqualTo("shop");
    assertThat(room.reported()).endsWith("InputEnd[sent=3]");
  }

  @Test
  void aRequestIsCutForAllSubtasksAndNamesTheBundleThatItIsAdmittedTo() throws Exception {
    start(null, 2);
    GenerationRequest request =
        request("large").setLabels(List.of(3)).setImagesPerLabel(100).build();

    process(JsonCodec.of(GenerationRequest.class).encode(request));

    List<QueueItem> items = harness.extractOutputValues();
    assertThat(items)
        .extracting(
            item -> item.target() + ": " + item.portion().from() + "-" + item.portion().to())
        .containsExactly("0: 0-32", "1: 32-64", "0: 64-96", "1: 96-100");
    assertThat(items).extracting(item -> item.portion().bundleDigest()).containsOnly(digest);
    assertThat(items).extracting(item -> item.portion().images()).containsOnly(100);
    assertThat(items)
        .extracting(item -> item.original() != null)
        .containsExactly(true, false, false, false);
  }

  @Test
  void aRecordWithoutAValueCancelsTheRequestThatItsKeyNames() throws Exception {
    start(null);

    harness.processElement(
        new IncomingRecord(
            null, "requests-0@7", 42, "r-1 ü".getBytes(StandardCharsets.UTF_8), new byte[0]),
        0);

    assertThat(harness.extractOutputValues()).isEmpty();
    assertThat(harness.getSideOutput(SideOutputs.CANCELLED))
        .extracting(record -> record.getValue().cancelled() + " " + record.getValue().cancelledAt())
        .containsExactly("r-1 ü 42");
  }

  @Test
  void aRequestThatIsLateAlreadyIsRejectedAndItsProgressEnds() throws Exception {
    start(null);
    harness.setProcessingTime(5_000);

    process(
        JsonCodec.of(GenerationRequest.class)
            .encode(request("late").setDeadline(Instant.ofEpochMilli(4_999)).build()),
        JsonCodec.of(GenerationRequest.class)
            .encode(request("in time").setDeadline(Instant.ofEpochMilli(5_000)).build()));

    assertThat(admitted()).containsExactly("in time");
    assertThat(rejects())
        .singleElement()
        .satisfies(
            reject -> {
              assertThat(reject.getRequestId()).isEqualTo("late");
              assertThat(reject.getReason()).isEqualTo(RejectReason.DEADLINE_EXCEEDED);
            });
    assertThat(harness.getSideOutput(SideOutputs.PROGRESS))
        .extracting(record -> record.getValue().record().getState())
        .containsExactly(RequestState.EXPIRED);
  }

  @Test
  void aRecordThatWaitsIsReadAsItWasWritten() throws Exception {
    start(null);
    IncomingRecordSerializer serializer = new IncomingRecordSerializer();
    for (byte[] value : new byte[][] {{1, 2}, null}) {
      IncomingRecord record = new IncomingRecord(value, "t-0@1", 3, new byte[] {4}, new byte[] {5});
      assertThat(serializer.deserialize(2, serializer.serialize(record)))
          .usingRecursiveComparison()
          .isEqualTo(record);
    }
  }

  /** Version 1 had no key. */
  @Test
  void aRecordOfVersion1IsRead() throws Exception {
    start(null);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeInt(2);
    out.write(new byte[] {1, 2});
    out.writeUTF("t-0@1");
    out.writeLong(3);
    out.writeInt(1);
    out.write(5);

    assertThat(new IncomingRecordSerializer().deserialize(1, bytes.toByteArray()))
        .usingRecursiveComparison()
        .isEqualTo(new IncomingRecord(new byte[] {1, 2}, "t-0@1", 3, new byte[0], new byte[] {5}));
  }

  @Test
  void aVersionOfAnotherReleaseIsRefused() throws Exception {
    start(null);
    assertThatThrownBy(() -> new IncomingRecordSerializer().deserialize(3, new byte[0]))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("Expected state of Admit in version 1 to 2, found version 3");
  }

  private void process(byte[]... values) throws Exception {
    byte[] key = "shop:7".getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < values.length; i++) {
      harness.processElement(
          new IncomingRecord(values[i], "requests-0@" + i, 0, key, new byte[] {5}), 0);
    }
  }

  private List<String> admitted() {
    return harness.extractOutputValues().stream().map(item -> item.portion().requestId()).toList();
  }

  private List<RejectedRequest> rejects() {
    var rejected = harness.getSideOutput(SideOutputs.REJECTED);
    return rejected == null
        ? List.of()
        : rejected.stream().map(record -> record.getValue()).map(Answer::record).toList();
  }

  private static byte[] confluent(int id, String requestId) {
    return new ConfluentWriter<>(GenerationRequest.class, id).encode(request(requestId).build());
  }

  private static byte[] json(String requestId) {
    return JsonCodec.of(GenerationRequest.class).encode(request(requestId).build());
  }

  private static GenerationRequest.Builder request(String id) {
    return GenerationRequest.newBuilder().setRequestId(id).setModel("m");
  }
}
