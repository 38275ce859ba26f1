package io.digflink.jobs.kafka;

import java.io.IOException;
import java.io.InputStream;
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
   * @throws IllegalArgumentException if it cannot be read
   */
  public static Properties read(String option, Path file) {
    Properties properties = new Properties();
    try (InputStream in = Files.newInputStream(file)) {
      properties.load(in);
    } catch (IOException | IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "Expected a readable properties file as " + option + ", found " + file + " (" + e + ")",
          e);
    }
    return properties;
  }
}
