package io.digflink.jobs.admit;

import io.digflink.jobs.request.RejectException;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.RejectReason;
import io.digflink.schemas.codec.ConfluentReader;
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
  private final WriterSchemas registered;

  /**
   * @param registered the schemas of a registry that are known; null for a job without a registry
   */
  RequestReader(WriterSchemas registered) {
    this.registered = registered;
  }

  /** The schema that the registry has to be asked for before a record can be read; mostly none. */
  Optional<Integer> missingSchema(byte[] value) {
    if (registered == null
        || !WireFormat.of(value).equals(Optional.of(WireFormat.CONFLUENT))
        || value.length < ConfluentReader.HEADER_LENGTH) {
      return Optional.empty();
    }
    try {
      int id = ConfluentReader.idOf(value);
      return registered.knows(id) ? Optional.empty() : Optional.of(id);
    } catch (RecordFormatException e) {
      return Optional.empty(); // reading it will tell
    }
  }

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
        case CONFLUENT -> confluent(value);
      };
    } catch (FieldFormatException e) {
      throw RejectException.field(e.field(), e.value(), e.allowed()).of(e.requestId());
    } catch (UnknownSchemaException e) {
      throw RejectException.of(RejectReason.UNKNOWN_SCHEMA, e.getMessage());
    } catch (RecordFormatException e) {
      throw RejectException.of(RejectReason.MALFORMED, e.getMessage()).of(e.requestId());
    }
  }

  private GenerationRequest confluent(byte[] value) throws RecordFormatException {
    int id = ConfluentReader.idOf(value);
    if (registered == null) {
      throw new UnknownSchemaException(
          "Expected a schema registry for a record in Confluent's wire format (schema "
              + id
              + "), found none: start the job with schemas.registry.url, or send another format");
    }
    return registered.reader(id).decode(value);
  }
}
