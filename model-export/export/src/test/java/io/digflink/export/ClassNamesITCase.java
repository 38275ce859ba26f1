package io.digflink.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClassNamesITCase {
  @TempDir Path directory;

  @ParameterizedTest
  @CsvSource({
    "UTF-8, ''",
    "UTF-8, bom",
    "UTF-16LE, bom",
    "UTF-16BE, bom",
    "UTF-16LE, ''",
    "UTF-16BE, ''",
    "ISO-8859-1, ''"
  })
  void namesAreReadInEveryEncoding(String charset, String mark) throws Exception {
    String text = (mark.isEmpty() ? "" : "\uFEFF") + "crêpe\r\n\r\nhen \nowl";
    Path file = Files.write(directory.resolve("names"), text.getBytes(Charset.forName(charset)));
    assertThat(ClassNames.read(file)).containsExactly("crêpe", "hen", "owl");
  }

  @Test
  void namesAreReadFromEveryForm() throws Exception {
    assertThat(read("[\"a\", \"b, c\"]")).containsExactly("a", "b, c");
    assertThat(read("{\"1\": \"b\", \"0\": \"a\", \"10\": \"k\"}".replace("10", "2")))
        .containsExactly("a", "b", "k");
    assertThat(read("{0: 'tench, Tinca tinca',\n 1: \"jack-o'-lantern\",\n 2: 'd\\'or'}"))
        .containsExactly("tench, Tinca tinca", "jack-o'-lantern", "d'or");
    assertThat(read("{\"0\": [\"n01440764\", \"tench\"], \"1\": [\"n01443537\", \"goldfish\"]}"))
        .containsExactly("tench", "goldfish");
  }

  @Test
  void whatIsNoListOfNamesIsExplained() {
    assertRefused("[null, \"b\"]", "the name of class 0 is null; expected a string");
    assertRefused("[\"a\", 7]", "the name of class 1 is 7; expected a string");
    assertRefused("[\"a\", \" \"]", "the name of class 1 is  ; expected a string");
    assertRefused("{\"0\": \"a\", \"2\": \"c\"}", "has no name for class 1");
    assertRefused("{\"tench\": 0}", "the key tench is not the number of a class");
    assertRefused("{0: 'a', 2: 'c'}", "has no name for class 1");
    assertRefused("[\"a\",", "is not a JSON list of class names");
  }

  private List<String> read(String text) throws Exception {
    return ClassNames.read(
        Files.write(directory.resolve("names"), text.getBytes(StandardCharsets.UTF_8)));
  }

  private void assertRefused(String text, String message) {
    assertThatThrownBy(() -> read(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("names")
        .hasMessageContaining(message);
  }
}
