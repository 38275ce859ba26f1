package io.digflink.schemas.codec;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.avro.Schema;

/**
 * The schemas of every release, for topics and state alike: version n of a record is kept as {@code
 * released/Record-n.avsc}, from the release on that first writes it. A file never changes again.
 */
final class ReleasedSchemas {
  private ReleasedSchemas() {}

  /** All versions of a record up to the given one; none for a schema without a version. */
  static List<Schema> upTo(Schema current) {
    List<Schema> released = new ArrayList<>();
    if (current.getObjectProp("version") instanceof Integer version) {
      for (int v = 1; v <= version; v++) {
        released.add(read(current.getName() + "-" + v + ".avsc"));
      }
    }
    return released;
  }

  private static Schema read(String name) {
    String path = "/io/digflink/schemas/released/" + name;
    try (InputStream in = ReleasedSchemas.class.getResourceAsStream(path)) {
      if (in == null) {
        throw new IllegalStateException(
            "Expected the released schema "
                + path
                + ", found none: keep a copy of every .avsc there under its version");
      }
      return new Schema.Parser().parse(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
