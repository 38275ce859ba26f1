package io.digflink.cli.client;

import io.digflink.schemas.codec.ConfluentReader;
import io.digflink.schemas.codec.JsonCodec;
import io.digflink.schemas.codec.RecordCodec;
import io.digflink.schemas.codec.RecordFormatException;
import io.digflink.schemas.codec.RegisteredSchema;
import io.digflink.schemas.codec.WireFormat;
import io.digflink.schemas.registry.RegistryException;
import io.digflink.schemas.registry.SchemaRegistry;
import java.util.HashMap;
import java.util.Map;
import org.apache.avro.specific.SpecificRecordBase;

/**
 * Reads one type of record in whatever format it comes.
 *
 * @param <T> a generated record
 */
public final class RecordReader<T extends SpecificRecordBase> {
  private final Class<T> type;
  private final SchemaRegistry registry;
  private final RecordCodec<T> avro;
  private final JsonCodec<T> json;
  private final Map<Integer, ConfluentReader<T>> confluent = new HashMap<>();

  /**
   * @param registry for records in Confluent's wire format; null for none
   */
  public RecordReader(Class<T> type, SchemaRegistry registry) {
    this.type = type;
    this.registry = registry;
    this.avro = RecordCodec.of(type);
    this.json = JsonCodec.of(type);
  }

  /**
   * Reads a record.
   *
   * @throws RecordFormatException if it is none
   * @throws RegistryException if the registry does not say what its schema is
   */
  public T read(byte[] value)
      throws RecordFormatException, RegistryException, InterruptedException {
    WireFormat format =
        WireFormat.of(value)
            .orElseThrow(
                () ->
                    new RecordFormatException(
                        "Expected a record in "
                            + WireFormat.ALL
                            + ", found "
                            + WireFormat.describe(value)));
    return switch (format) {
      case SINGLE_OBJECT -> avro.decode(value);
      case JSON -> json.decode(value);
      case CONFLUENT -> reader(ConfluentReader.idOf(value)).decode(value);
    };
  }

  private ConfluentReader<T> reader(int id)
      throws RecordFormatException, RegistryException, InterruptedException {
    if (registry == null) {
      throw new RecordFormatException(
          "Expected a schema registry for a record in Confluent's wire format, found none: give"
              + " --registry");
    }
    ConfluentReader<T> known = confluent.get(id);
    if (known == null) {
      RegisteredSchema schema =
          registry
              .find(id)
              .orElseThrow(
                  () ->
                      new RecordFormatException(
                          "Expected a schema that "
                              + registry
                              + " has, found the id "
                              + id
                              + ": is it the registry that the records were written with?"));
      known = new ConfluentReader<>(type, schema);
      confluent.put(id, known);
    }
    return known;
  }
}
