package io.digflink.tests.bench;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The option of every benchmark to keep its figures. */
final class JsonFile {
  @Option(names = "--json", paramLabel = "FILE", description = "Write the figures as JSON too.")
  private Path file;

  void write(Object figures) throws IOException {
    if (file != null) {
      new JsonMapper().writerWithDefaultPrettyPrinter().writeValue(file.toFile(), figures);
    }
  }
}
