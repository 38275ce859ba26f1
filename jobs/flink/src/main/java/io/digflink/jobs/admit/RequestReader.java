package io.digflink.jobs.admit;

import io.digflink.jobs.request.RejectException;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.RejectReason;
import io.digflink.schemas.codec.FieldFormatException;
import io.digflink.schemas.codec.JsonCodec;
import io.digflink.schemas.codec.RecordCodec;
import io.digflink.schemas.codec.RecordFormatException;
import io.digflink.schemas.codec.UnknownSchemaException;
import io.digflink.schemas.codec.WireFormat;
import java.util.Optional;

/** Reads requests of every format, which it tells by a record's first bytes. */
final class RequestReader {
  private static final String PAGE = "schemas/README.md";

  private final RecordCodec<GenerationRequest> avro = RecordCodec.of(GenerationRequest.class);
  private final JsonCodec<GenerationRequest> json = JsonCodec.of(GenerationRequest.class);

  /**
   * Reads a request.
   *
   * @throws RejectException if the bytes are no request
   */
  GenerationRequest read(byte[] value) throws RejectException {
    Optional<WireFormat> format = WireFormat.of(value);
    if (format.isEmpty()) {
      throw RejectException.of(
          RejectReason.MALFORMED,
          "Expected a GenerationRequest in "
              + WireFormat.ALL
              + ", found "
              + WireFormat.describe(value)
              + ": see "
              + PAGE);
    }
    try {
      return switch (format.get()) {
        case SINGLE_OBJECT -> avro.decode(value);
        case JSON -> json.decode(value);
        case CONFLUENT ->
            throw new UnknownSchemaException(
                "Expected a schema registry for a record in Confluent's wire format, found none:"
                    + " start the job with schemas.registry.url, or send another format");
      };
    } catch (FieldFormatException e) {
      throw RejectException.field(e.field(), e.value(), e.allowed()).of(e.requestId());
    } catch (UnknownSchemaException e) {
      throw RejectException.of(RejectReason.UNKNOWN_SCHEMA, e.getMessage());
    } catch (RecordFormatException e) {
      throw RejectException.of(RejectReason.MALFORMED, e.getMessage()).of(e.requestId());
    }
  }
}
