package io.digflink.tests.upgrade;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What a release recorded for later ones to restore.
 *
 * @param directory has the model's bundle, {@code requests.json}, and each state as a directory and
 *     a file of its name that says what it holds
 */
record Recording(Path directory) {
  /** Name of the bundle. */
  static final String MODEL = "tiny";

  /** A canonical savepoint, with which the job was stopped. */
  static final String SAVEPOINT = "savepoint";

  private static final JsonMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS).build();
  private static final ObjectWriter PRETTY = JSON.writerWithDefaultPrettyPrinter();

  /** The recording of a release, a version, in the test resources. */
  static Recording of(String release) {
    return new Recording(Path.of("src/test/resources/upgrade", release));
  }

  Path models() {
    return directory.resolve("models");
  }

  Path state(String name) {
    return directory.resolve(name);
  }

  List<RecordedRequest> requests() throws IOException {
    return JSON.readValue(file("requests").toFile(), new TypeReference<>() {});
  }

  void writeRequests(List<RecordedRequest> requests) throws IOException {
    Files.write(file("requests"), PRETTY.writeValueAsBytes(requests));
  }

  RecordedState content(String name) throws IOException {
    return JSON.readValue(file(name).toFile(), RecordedState.class);
  }

  void writeContent(String name, RecordedState content) throws IOException {
    Files.write(file(name), PRETTY.writeValueAsBytes(content));
  }

  private Path file(String name) {
    return directory.resolve(name + ".json");
  }
}
