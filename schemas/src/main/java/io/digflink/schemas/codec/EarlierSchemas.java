package io.digflink.schemas.codec;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.avro.Schema;

/**
 * The schemas of earlier versions. Version n of a record is kept as {@code earlier/Record-n.avsc}
 * when the record's schema becomes version n + 1.
 */
final class EarlierSchemas {
  private EarlierSchemas() {}

  /** All versions of a record before the given one; none for a schema without a version. */
  static List<Schema> before(Schema current) {
    List<Schema> earlier = new ArrayList<>();
    if (current.getObjectProp("version") instanceof Integer version) {
      for (int v = 1; v < version; v++) {
        earlier.add(read(current.getName() + "-" + v + ".avsc"));
      }
    }
    return earlier;
  }

  private static Schema read(String name) {
    String path = "/io/digflink/schemas/earlier/" + name;
    try (InputStream in = EarlierSchemas.class.getResourceAsStream(path)) {
      if (in == null) {
        throw new IllegalStateException("Expected the earlier schema " + path + ", found none");
      }
      return new Schema.Parser().parse(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
