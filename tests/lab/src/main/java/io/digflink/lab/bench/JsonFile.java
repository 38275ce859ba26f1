package io.digflink.lab.bench;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The option to keep its figures. */
public final class JsonFile {
  @Option(names = "--json", paramLabel = "FILE", description = "Write the figures as JSON too.")
  private Path file;

  /** Writes the figures, if a file was named. */
  public void write(Object figures) throws IOException {
    if (file != null) {
      new JsonMapper().writerWithDefaultPrettyPrinter().writeValue(file.toFile(), figures);
    }
  }
}
