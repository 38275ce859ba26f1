package io.digflink.jobs.admit;

import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.codec.ConfluentReader;
import io.digflink.schemas.codec.RegisteredSchema;
import io.digflink.schemas.codec.UnknownSchemaException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What is known of the registry's schemas. A schema never changes under its id and is kept; that
 * there is none is believed for a while only, since it may be registered late.
 */
final class WriterSchemas {
  private static final int MOST = 1_000;
  private static final Duration ABSENCE = Duration.ofSeconds(10);

  private final String registry;
  private final Map<Integer, Known> schemas =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Integer, Known> eldest) {
          return size() > MOST;
        }
      };

  /**
   * @param reader null where it cannot be used
   * @param problem why
   * @param until when to ask again, in milliseconds since the epoch
   */
  private record Known(ConfluentReader<GenerationRequest> reader, String problem, long until) {}

  /**
   * @param registry its address, for messages
   */
  WriterSchemas(String registry) {
    this.registry = registry;
  }

  /** Whether the registry need not be asked for a schema. */
  boolean knows(int id) {
    Known known = schemas.get(id);
    return id < 1 || known != null && System.currentTimeMillis() < known.until();
  }

  /** Takes the registry's answer. */
  void learn(int id, Optional<RegisteredSchema> schema) {
    if (schema.isEmpty()) {
      long until = System.currentTimeMillis() + ABSENCE.toMillis();
      schemas.put(id, new Known(null, none(id), until));
      return;
    }
    try {
      ConfluentReader<GenerationRequest> reader =
          new ConfluentReader<>(GenerationRequest.class, schema.get());
      schemas.put(id, new Known(reader, null, Long.MAX_VALUE));
    } catch (UnknownSchemaException e) {
      schemas.put(id, new Known(null, e.getMessage(), Long.MAX_VALUE));
    }
  }

  /**
   * The reader of a schema's records, after {@link #knows}.
   *
   * @throws UnknownSchemaException if there is none
   */
  ConfluentReader<GenerationRequest> reader(int id) throws UnknownSchemaException {
    Known known = schemas.get(id);
    if (known == null) {
      throw new UnknownSchemaException(none(id));
    }
    if (known.reader() == null) {
      throw new UnknownSchemaException(known.problem());
    }
    return known.reader();
  }

  private String none(int id) {
    return "Expected a record of a schema that the registry at "
        + registry
        + " has, found the schema id "
        + id
        + ", which it has not: register the schema there first";
  }
}
