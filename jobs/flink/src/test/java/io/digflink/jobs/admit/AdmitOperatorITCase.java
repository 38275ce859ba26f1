package io.digflink.jobs.admit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.digflink.jobs.device.OperatorRoom;
import io.digflink.jobs.model.ModelSettings;
import io.digflink.jobs.request.AdmittedRequest;
import io.digflink.jobs.request.Answer;
import io.digflink.jobs.request.IncomingRecord;
import io.digflink.jobs.request.SideOutputs;
import io.digflink.runtime.model.TestBundles;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.RejectReason;
import io.digflink.schemas.RejectedRequest;
import io.digflink.schemas.codec.ConfluentWriter;
import io.digflink.schemas.codec.JsonCodec;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
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

  private OneInputStreamOperatorTestHarness<IncomingRecord, AdmittedRequest> harness;
  private HttpServer registry;
  private int port;

  @BeforeAll
  static void exportModel() throws Exception {
    TestBundles.export("dig-plain", directory, "m");
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
    harness =
        new OneInputStreamOperatorTestHarness<>(
            new AdmitOperatorFactory(
                new ModelSettings(directory.toString(), "cpu", 1),
                LIMITS,
                "http://127.0.0.1:" + port));
    harness.setup(
        TypeInformation.of(AdmittedRequest.class)
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
  void recordsThatWaitOutliveARestore() throws Exception {
    start(null);
    process(confluent(1, "waiting"), json("behind"));
    OperatorSubtaskState snapshot = harness.snapshot(1, 0);
    harness.close();

    startRegistry();
    start(snapshot);
    harness.endInput();

    assertThat(admitted()).containsExactly("waiting", "behind");
    assertThat(harness.extractOutputValues().get(0).source()).isEqualTo("requests-0@0");
    assertThat(harness.extractOutputValues().get(0).headers()).containsExactly(5);
  }

  @Test
  void aVersionOfAnotherReleaseIsRefused() throws Exception {
    start(null);
    assertThatThrownBy(() -> new IncomingRecordSerializer().deserialize(2, new byte[0]))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("Expected state of Admit in version 1, found version 2");
  }

  private void process(byte[]... values) throws Exception {
    for (int i = 0; i < values.length; i++) {
      harness.processElement(
          new IncomingRecord(values[i], "requests-0@" + i, 0, new byte[] {5}), 0);
    }
  }

  private List<String> admitted() {
    return harness.extractOutputValues().stream().map(AdmittedRequest::id).toList();
  }

  private List<RejectedRequest> rejects() {
    var rejected = harness.getSideOutput(SideOutputs.REJECTED);
    return rejected == null
        ? List.of()
        : rejected.stream().map(record -> record.getValue()).map(Answer::record).toList();
  }

  private static byte[] confluent(int id, String requestId) {
    return new ConfluentWriter<>(GenerationRequest.class, id).encode(request(requestId));
  }

  private static byte[] json(String requestId) {
    return JsonCodec.of(GenerationRequest.class).encode(request(requestId));
  }

  private static GenerationRequest request(String id) {
    return GenerationRequest.newBuilder().setRequestId(id).setModel("m").build();
  }
}
