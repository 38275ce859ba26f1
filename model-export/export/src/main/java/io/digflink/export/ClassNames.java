package io.digflink.export;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Files with a name for each class. */
public final class ClassNames {
  private static final String FORMS =
      "one name per line, a JSON list of names, or a JSON object from class numbers to names";

  /** An entry of a printed Python dict: a number, a colon, and a string in quotes. */
  private static final Pattern PYTHON_ENTRY =
      Pattern.compile(
          "\\s*(\\d{1,9})\\s*:\\s*(?:'((?:[^'\\\\]|\\\\.)*)'|\"((?:[^\"\\\\]|\\\\.)*)\")\\s*(,|$)");

  private ClassNames() {}

  /**
   * Reads names in the order of their classes: one per line, a JSON list, a JSON object from class
   * numbers to names, or such a dict as Python prints it. The file is UTF-8 or UTF-16 with or
   * without a byte-order mark, or Latin-1.
   *
   * @throws IllegalArgumentException if it is something else, with the entry that is wrong
   */
  public static List<String> read(Path file) throws IOException {
    String text = decode(Files.readAllBytes(file)).strip();
    if (text.startsWith("{") && !text.startsWith("{\"")) {
      List<String> printed = ofPrintedDict(text, file.toString());
      if (!printed.isEmpty()) {
        return printed;
      }
    }
    if (!text.startsWith("[") && !text.startsWith("{")) {
      return text.lines().map(String::strip).filter(line -> !line.isEmpty()).toList();
    }
    try {
      return of(new JsonMapper().readValue(text, Object.class), file.toString());
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(
          file
              + " is not a JSON list of class names, nor an object of them: "
              + e.getOriginalMessage()
              + ". Expected "
              + FORMS,
          e);
    }
  }

  /**
   * Names from a list, or from a map whose keys are the classes' numbers.
   *
   * @param label where they are from, for messages
   */
  static List<String> of(Object value, String label) {
    if (value instanceof Map<?, ?> map) {
      Map<Integer, Object> ordered = new TreeMap<>();
      map.forEach((key, name) -> ordered.put(number(key, label), name));
      return of(inOrder(ordered, label), label);
    }
    if (!(value instanceof List<?> list)) {
      throw new IllegalArgumentException(label + " holds " + value + "; expected " + FORMS);
    }
    List<String> names = new ArrayList<>();
    for (Object entry : list) {
      // ImageNet's class index has pairs of a WordNet number and a name.
      Object name =
          entry instanceof List<?> pair && !pair.isEmpty() ? pair.get(pair.size() - 1) : entry;
      if (!(name instanceof String text) || text.isBlank()) {
        throw new IllegalArgumentException(
            String.format(
                "%s: the name of class %d is %s; expected a string. Give every class a name",
                label, names.size(), name));
      }
      names.add(text.strip());
    }
    return names;
  }

  private static int number(Object key, String label) {
    if (key instanceof String text && text.matches("\\d{1,9}")) {
      return Integer.parseInt(text);
    }
    throw new IllegalArgumentException(
        String.format(
            "%s: the key %s is not the number of a class; expected 0, 1, … for each class",
            label, key));
  }

  private static List<Object> inOrder(Map<Integer, Object> ordered, String label) {
    List<Object> names = new ArrayList<>();
    ordered.forEach(
        (number, name) -> {
          if (number != names.size()) {
            throw new IllegalArgumentException(
                String.format(
                    "%s has no name for class %d; expected one for each class from 0 on",
                    label, names.size()));
          }
          names.add(name);
        });
    return names;
  }

  /** The names of a dict in Python's notation; empty if the text is something else. */
  private static List<String> ofPrintedDict(String text, String label) {
    if (!text.endsWith("}")) {
      return List.of();
    }
    Matcher entry = PYTHON_ENTRY.matcher(text.substring(1, text.length() - 1));
    Map<Integer, Object> names = new TreeMap<>();
    int end = 0;
    while (end < text.length() - 2 && entry.find() && entry.start() == end) {
      String name = entry.group(2) == null ? entry.group(3) : entry.group(2);
      names.put(Integer.parseInt(entry.group(1)), name.replaceAll("\\\\(.)", "$1"));
      end = entry.end();
    }
    boolean whole = !names.isEmpty() && text.substring(end + 1, text.length() - 1).isBlank();
    return whole ? of(inOrder(names, label), label) : List.of();
  }

  private static String decode(byte[] bytes) {
    Charset marked = marked(bytes);
    String text;
    if (marked != null) {
      text = new String(bytes, marked);
    } else {
      try {
        text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      } catch (CharacterCodingException e) {
        text = new String(bytes, StandardCharsets.ISO_8859_1);
      }
    }
    return text.startsWith("\uFEFF") ? text.substring(1) : text;
  }

  /** UTF-16 by its byte-order mark, or by the zeros in the first character; otherwise null. */
  private static Charset marked(byte[] bytes) {
    if (bytes.length < 2) {
      return null;
    }
    int first = (bytes[0] & 0xFF) << 8 | bytes[1] & 0xFF;
    if (first == 0xFEFF || (bytes[0] == 0 && bytes[1] != 0)) {
      return StandardCharsets.UTF_16BE;
    }
    return first == 0xFFFE || (bytes[0] != 0 && bytes[1] == 0) ? StandardCharsets.UTF_16LE : null;
  }
}
