package io.digflink.jobs.kafka;

import io.digflink.jobs.files.FileProblem;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;

/** Kafka client settings in a Java properties file, as for Kafka's own tools. */
public final class ClientProperties {
  private ClientProperties() {}

  /**
   * Reads a file.
   *
   * @param option the option that names the file, for the message
   * @throws UncheckedIOException if it cannot be read
   * @throws IllegalArgumentException if it is no properties file
   */
  public static Properties read(String option, Path file) {
    Properties properties = new Properties();
    try (InputStream in = Files.newInputStream(file)) {
      properties.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException(expected(option, file) + FileProblem.of(e), e);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(expected(option, file) + e.getMessage(), e);
    }
    return properties;
  }

  private static String expected(String option, Path file) {
    return "Expected a readable properties file as " + option + ", found " + file + ": ";
  }
}
