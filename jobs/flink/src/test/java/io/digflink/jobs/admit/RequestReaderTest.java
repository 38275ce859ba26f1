package io.digflink.jobs.admit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.digflink.jobs.request.RejectException;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.RejectReason;
import io.digflink.schemas.codec.JsonCodec;
import io.digflink.schemas.codec.RecordCodec;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class RequestReaderTest {
  private final RequestReader reader = new RequestReader(null);

  @Test
  void everyFormatGivesTheSameRequest() throws RejectException {
    GenerationRequest request = request();

    assertThat(reader.read(RecordCodec.of(GenerationRequest.class).encode(request)))
        .isEqualTo(request);
    assertThat(reader.read(JsonCodec.of(GenerationRequest.class).encode(request)))
        .isEqualTo(request);
  }

  @Test
  void whatHasNoFormatIsToldTheFormatsAndThePage() {
    byte[] avro = RecordCodec.of(GenerationRequest.class).encode(request());
    for (byte[] value : new byte[][] {{}, Arrays.copyOfRange(avro, 10, avro.length), {'[', '{'}}) {
      RejectException reject = rejectOf(value);

      assertThat(reject.reason()).isEqualTo(RejectReason.MALFORMED);
      assertThat(reject)
          .hasMessageContaining("C3 01")
          .hasMessageContaining("Confluent's wire format in Avro or in JSON (00")
          .hasMessageContaining("JSON object in UTF-8 (7B")
          .hasMessageEndingWith(": see schemas/README.md");
    }
  }

  @Test
  void aFieldAtFaultIsNamedWithTheRequest() {
    RejectException reject =
        rejectOf(
            "{\"stepz\":5,\"request_id\":\"a\",\"model\":\"m\"}".getBytes(StandardCharsets.UTF_8));

    assertThat(reject.reason()).isEqualTo(RejectReason.INVALID_FIELD);
    assertThat(reject.field()).isEqualTo("stepz");
    assertThat(reject.requestId()).isEqualTo("a");
    assertThat(reject)
        .hasMessageStartingWith(
            "stepz is no known field; allowed: steps is the nearest; all are request_id, model, ");
  }

  @Test
  void confluentsFormatNeedsARegistry() {
    RejectException reject = rejectOf(new byte[] {0, 0, 0, 0, 1, 2});

    assertThat(reject.reason()).isEqualTo(RejectReason.UNKNOWN_SCHEMA);
    assertThat(reject).hasMessageContaining("start the job with schemas.registry.url");
  }

  private RejectException rejectOf(byte[] value) {
    return catchThrowableOfType(RejectException.class, () -> reader.read(value));
  }

  private static GenerationRequest request() {
    return GenerationRequest.newBuilder().setRequestId("a").setModel("m").setSeed(7).build();
  }
}
