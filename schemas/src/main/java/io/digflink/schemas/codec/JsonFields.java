package io.digflink.schemas.codec;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.apache.avro.Schema;

/** The fields of a record by name, as its {@code .avsc} has them. */
final class JsonFields {
  private static final int LONGEST_NAME_COMPARED = 64;

  private final Map<String, JsonField> byName = new LinkedHashMap<>();

  JsonFields(Schema record) {
    for (Schema.Field field : record.getFields()) {
      byName.put(field.name(), new JsonField(field));
    }
  }

  /** The field of a name, or null. */
  JsonField find(String name) {
    return byName.get(name);
  }

  /** All of them in the order of the schema. */
  Iterable<JsonField> all() {
    return byName.values();
  }

  /** The error for a name that no field has. */
  FieldFormatException unknown(String name) {
    String nearest = nearest(name);
    return new FieldFormatException(
        name.length() <= LONGEST_NAME_COMPARED
            ? name
            : name.substring(0, LONGEST_NAME_COMPARED) + "…",
        "no known field",
        nearest + " is the nearest; all are " + String.join(", ", byName.keySet()));
  }

  private String nearest(String name) {
    String given =
        name.substring(0, Math.min(name.length(), LONGEST_NAME_COMPARED)).toLowerCase(Locale.ROOT);
    String nearest = null;
    int least = Integer.MAX_VALUE;
    for (String known : byName.keySet()) {
      // As if both were in camel case or both not: requestId is request_id.
      int edits = edits(given.replace("_", ""), known.replace("_", ""));
      if (edits < least) {
        least = edits;
        nearest = known;
      }
    }
    return nearest;
  }

  /** Levenshtein's distance. */
  private static int edits(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }
}
