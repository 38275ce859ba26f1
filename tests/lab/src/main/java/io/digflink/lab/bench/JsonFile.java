package io.digflink.lab.bench;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.digflink.cli.OutputPath;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The option to keep its figures. */
public final class JsonFile {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  private Path file;

  /** Takes the option's value: a measurement of an hour must not fail at its last step. */
  @Option(names = "--json", paramLabel = "FILE", description = "Write the figures as JSON too.")
  void setFile(Path given) {
    try {
      OutputPath.file("--json", given);
    } catch (IOException e) {
      throw new ParameterException(command.commandLine(), e.getMessage(), e);
    }
    file = given;
  }

  /** Writes the figures, if a file was named. */
  public void write(Object figures) throws IOException {
    if (file != null) {
      new JsonMapper().writerWithDefaultPrettyPrinter().writeValue(file.toFile(), figures);
    }
  }
}
